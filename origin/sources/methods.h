#pragma once

#include <string_view>

namespace atl::origin {

// RFC 9110 section 9.2.2: sending such a request twice has the effect of sending it once.
constexpr bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
         method == "PUT" || method == "DELETE";
}

}  // namespace atl::origin
