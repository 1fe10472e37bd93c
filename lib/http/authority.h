#pragma once

#include <string_view>

namespace atl::http {

// RFC 3986 section 3.2.2 and 3.2.3 without userinfo: a registered name or IPv4 address, or an IPv6
// address in brackets, and an optional port of digits.
bool is_authority(std::string_view text);

// Without the port; brackets stay.
std::string_view host_of(std::string_view authority);

}  // namespace atl::http
