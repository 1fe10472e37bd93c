#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/view.h"

namespace atl::cache {

// True for GET, HEAD, OPTIONS and TRACE (RFC 9110 section 9.2.1); an unknown method is unsafe.
bool is_safe_method(std::string_view method);

// What a response invalidates (RFC 9111 section 4.4): nothing unless the method is unsafe and the
// status 2xx or 3xx; then the target, and what Location and Content-Location name if that is of the
// same origin. Paths and queries in origin-form, for build_key() with the request's own
// distribution and authority; without duplicates; the target first.
std::vector<std::string> invalidated_targets(const RequestView& request,
                                             const ResponseView& response);

// RFC 3986 section 5.2: `reference` against the request's URI. Empty when it is malformed, has
// another scheme than http and https, or is of another origin; else path and query with dot
// segments removed and without fragment.
std::string resolve_same_origin(const RequestView& base, std::string_view reference);

}  // namespace atl::cache
