#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <string>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"

// Small truths about sockets, for lib/net's own sources.
namespace atl::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// A numeric address, or "localhost"; names are not looked up, because that would block the loop.
Result<SocketAddress> to_address(const Endpoint& endpoint);

// Numeric text without port; an IPv4 address mapped into IPv6 is given as IPv4. Returns the length
// written into `out` (at least 46 bytes), 0 if the family is unknown.
size_t write_address(const sockaddr* address, char* out, size_t capacity);

Endpoint to_endpoint(const sockaddr* address);

// A libuv error number as an Error with a sentence of its own.
Error from_uv(int status);

}  // namespace atl::net
