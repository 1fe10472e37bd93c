#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "lib/rpc/exchange_handler.h"
#include "origin/sources/http_options.h"

namespace atl::origin {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using Lines = std::unique_ptr<curl_slist, FreeList>;

// `options.url` taken apart.
struct UpstreamUrl {
  std::string root;       // "https://host:port/": where to connect
  std::string authority;  // "host:port"
  std::string base;       // "/base" without a slash at its end, or empty
};
UpstreamUrl split_url(const std::string& url);

// The field lines as they go to the upstream, in libcurl's notation: end-to-end fields as received,
// X-Forwarded-For, Host, and nothing of libcurl's own. Null: no memory.
Lines upstream_fields(const rpc::OriginRequest& request, const HttpOptions& options,
                      const UpstreamUrl& url);

// Sets what belongs to the request line, the connection and the limits; callbacks are the caller's.
void set_up(CURL* easy, const rpc::OriginRequest& request, const HttpOptions& options,
            const UpstreamUrl& url);

}  // namespace atl::origin
