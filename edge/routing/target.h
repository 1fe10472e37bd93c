#pragma once

#include <string>
#include <string_view>

namespace atl::edge {

// Both write into `scratch` only when they must change something, so a warm scratch costs no
// allocation. The result points into the argument or into `scratch`.

// The host of an authority: without port, without one trailing dot, in lower case. Empty for an
// authority that has no host.
std::string_view normalise_host(std::string_view authority, std::string& scratch);

// The authority as it belongs into a cache key: lower case, default port of `scheme` left out.
std::string_view normalise_authority(std::string_view authority, std::string_view scheme,
                                     std::string& scratch);

// The path of a request target for matching against patterns (RFC 3986 section 6.2.2): without
// query, unreserved characters decoded, other escapes in upper case, dot segments removed. What is
// sent to the origin stays as the client wrote it; this only makes sure that no other spelling of a
// path escapes the behaviour meant for it.
std::string_view normalise_path(std::string_view path_and_query, std::string& scratch);

}  // namespace atl::edge
