#pragma once

#include <cstdint>
#include <string_view>

#include "lib/http/field.h"

namespace atl::cache {

// A request as the pure functions of this room see it. Views borrow from the caller for the call.
struct RequestView {
  std::string_view method;
  http::Fields fields;
  // The target URI, for what depends on it: a POST response stored under Content-Location (RFC 9110
  // section 9.3.3) and invalidation (RFC 9111 section 4.4). With an empty path neither happens.
  std::string_view scheme = {};          // "http" or "https"
  std::string_view authority = {};       // host[:port]
  std::string_view path_and_query = {};  // origin-form
};

// A final response head as received from upstream.
struct ResponseView {
  uint16_t status = 0;
  http::Fields fields;
};

}  // namespace atl::cache
