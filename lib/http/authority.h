#pragma once

#include <string_view>

namespace atl::http {

// A host name or IPv4 address, or an IPv6 address in brackets, and an optional port from 0 to
// 65535 (RFC 3986 sections 3.2.2 and 3.2.3). Stricter than the RFC: names have letters, digits,
// "-", "." and "_" only, and a colon has a port after it.
bool is_authority(std::string_view text);

// Without the port; brackets stay.
std::string_view host_of(std::string_view authority);

}  // namespace atl::http
