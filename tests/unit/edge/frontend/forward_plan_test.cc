#include "edge/frontend/forward_plan.h"

#include <doctest/doctest.h>

#include <vector>

namespace atl::edge {
namespace {

struct Row {
  const char* what;
  const char* method = "GET";
  std::vector<http::Field> fields = {};
  bool body = false;
  bool caching = true;
  bool found = false;
  cache::Reason reason = cache::Reason::Expired;
  bool uncacheable = false;
  bool covered = false;
  FetchMode mode = FetchMode::Fill;
  bool may_store = true;
  Forward forward = Forward::Miss;
};

TEST_CASE("forward plan: how a request that the cache cannot answer goes to the origin") {
  using enum FetchMode;
  const std::vector<Row> rows = {
      {.what = "a plain miss"},
      {.what = "stale", .found = true, .forward = Forward::Stale},
      {.what = "asked for",
       .found = true,
       .reason = cache::Reason::RequestNoCache,
       .forward = Forward::Request},
      {.what = "parts", .found = true, .reason = cache::Reason::Fresh, .forward = Forward::Partial},
      {.what = "parts that are enough",
       .found = true,
       .reason = cache::Reason::Fresh,
       .covered = true,
       .forward = Forward::Hit},
      {.what = "HEAD, parts",
       .method = "HEAD",
       .found = true,
       .reason = cache::Reason::Fresh,
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Partial},
      {.what = "no caching",
       .caching = false,
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Bypass},
      {.what = "no-store",
       .fields = {{"Cache-Control", "no-store"}},
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Request},
      {.what = "HEAD", .method = "HEAD", .mode = Verbatim, .may_store = false},
      {.what = "HEAD, stale",
       .method = "HEAD",
       .found = true,
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Stale},
      {.what = "POST", .method = "POST", .mode = Verbatim, .forward = Forward::Method},
      {.what = "DELETE",
       .method = "DELETE",
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Method},
      {.what = "unknown",
       .method = "FROB",
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Method},
      {.what = "GET with a body",
       .body = true,
       .mode = Verbatim,
       .may_store = false,
       .forward = Forward::Request},
      {.what = "credentials", .fields = {{"authorization", "x"}}, .mode = Verbatim},
      {.what = "If-Match", .fields = {{"If-Match", "\"x\""}}, .mode = Verbatim},
      {.what = "If-Unmodified-Since", .fields = {{"If-Unmodified-Since", "x"}}, .mode = Verbatim},
      {.what = "hit for miss", .uncacheable = true, .mode = Verbatim},
      {.what = "marked, but something is stored",
       .found = true,
       .uncacheable = true,
       .forward = Forward::Stale},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    http::RequestHead head;
    head.method = row.method;
    head.fields = row.fields;
    head.body_length = row.body ? 1 : 0;
    const auto directives = cache::parse_request_directives(head.fields);
    const ForwardPlan plan = plan_forward({.head = head,
                                           .caching = row.caching,
                                           .directives = directives,
                                           .found = row.found,
                                           .reason = row.reason,
                                           .known_uncacheable = row.uncacheable,
                                           .covered = row.covered});
    CHECK(plan.mode == row.mode);
    CHECK(plan.may_store == row.may_store);
    CHECK(plan.forward == row.forward);
  }
}

}  // namespace
}  // namespace atl::edge
