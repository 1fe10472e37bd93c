#pragma once

#include <string_view>

#include "edge/cache/cache_control.h"
#include "edge/cache/judgement.h"
#include "edge/fetch/upstream_request.h"
#include "edge/frontend/cache_status.h"
#include "lib/http/request_head.h"

namespace atl::edge {

// What is known of a request that the cache could not answer.
struct ForwardFacts {
  const http::RequestHead& head;
  bool caching = true;  // CachePolicy::enabled
  const cache::RequestDirectives& directives;
  bool found = false;  // something stored may be revalidated, or used if the origin fails
  // Why it was not enough. Fresh: of an outline.
  cache::Reason reason = cache::Reason::Expired;
  bool known_uncacheable = false;
  bool covered = false;  // what was found is an outline, usable, and what is asked for is there
  bool collapse = true;  // CachePolicy::collapse
};

// How it goes to the origin.
struct ForwardPlan {
  FetchMode mode = FetchMode::Fill;  // Fill is shared with other requests, Verbatim is not
  bool may_store = true;
  Forward forward = Forward::Miss;
  std::string_view detail;
};

ForwardPlan plan_forward(const ForwardFacts& facts);

// Whether the cache is asked at all: GET and HEAD without a body.
bool asks_cache(const http::RequestHead& head);

}  // namespace atl::edge
