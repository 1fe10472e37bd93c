#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace atl::net {

// A host and a port, as written in configurations.
struct Endpoint {
  std::string host;  // name or address; IPv6 without brackets
  uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};

// "host:port", "192.0.2.1:80", "[2001:db8::1]:80". Invalid without a port, with an empty host, or
// with an IPv6 address that is not in brackets. Port 0 is allowed: "any" for a listener.
Result<Endpoint> parse_endpoint(std::string_view text);

// The form parse_endpoint() reads back.
std::string to_string(const Endpoint& endpoint);

// Whether two numeric endpoints ("localhost" among them) are one address; false for port 0, which
// is no address yet.
bool same_address(const Endpoint& one, const Endpoint& other);

}  // namespace atl::net
