#include "lib/net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <uv.h>

#include <cstring>

namespace atl::net {

Result<SocketAddress> to_address(const Endpoint& endpoint) {
  const char* host = endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host.c_str();
  SocketAddress out;
  sockaddr_in v4{};
  if (uv_ip4_addr(host, endpoint.port, &v4) == 0) {
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
    return out;
  }
  sockaddr_in6 v6{};
  if (uv_ip6_addr(host, endpoint.port, &v6) == 0) {
    std::memcpy(&out.storage, &v6, sizeof v6);
    out.size = sizeof v6;
    return out;
  }
  return std::unexpected(
      Error{Code::Invalid, Side::Self, false, "not a numeric address, and not \"localhost\""});
}

size_t write_address(const sockaddr* address, char* out, size_t capacity) {
  const void* bytes = nullptr;
  int family = address->sa_family;
  if (family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6);
    bytes = mapped ? static_cast<const void*>(&v6.s6_addr[12]) : &v6;
    if (mapped) family = AF_INET;
  }
  if (bytes == nullptr ||
      inet_ntop(family, bytes, out, static_cast<socklen_t>(capacity)) == nullptr) {
    return 0;
  }
  return std::strlen(out);
}

Endpoint to_endpoint(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN];
  Endpoint endpoint;
  endpoint.host.assign(text, write_address(address, text, sizeof text));
  if (address->sa_family == AF_INET) {
    endpoint.port = ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
  } else if (address->sa_family == AF_INET6) {
    endpoint.port = ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
  }
  return endpoint;
}

bool same_address(const Endpoint& one, const Endpoint& other) {
  if (one.port == 0) return false;
  const auto a = to_address(one);
  const auto b = to_address(other);
  return a && b && a->size == b->size && std::memcmp(&a->storage, &b->storage, a->size) == 0;
}

Error from_uv(int status) {
  switch (status) {
    case UV_EADDRINUSE:
      return {Code::Conflict, Side::Self, false, "the address is in use by another process"};
    case UV_EADDRNOTAVAIL:
    case UV_EAFNOSUPPORT:
      return {Code::NotFound, Side::Self, false, "this machine has no such address"};
    case UV_EACCES:
      return {Code::Refused, Side::Self, false, "no permission; ports below 1024 need root"};
    case UV_EMFILE:
    case UV_ENFILE:
      return {Code::Exhausted, Side::Self, true, "no file descriptor is left"};
    case UV_ENOMEM:
    case UV_ENOBUFS:
      return {Code::Exhausted, Side::Self, true, "no memory for the socket"};
    case UV_ECONNREFUSED:
      return {Code::Refused, Side::Upstream, true, "connection refused"};
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
      return {Code::NotFound, Side::Upstream, true, "no such host name"};
    case UV_EAI_AGAIN:
    case UV_EAI_FAIL:
      return {Code::NotFound, Side::Upstream, true, "the name server does not answer"};
    case UV_ETIMEDOUT:
      return {Code::Timeout, Side::Upstream, true, "connection timed out"};
    case UV_ECONNRESET:
    case UV_EPIPE:
    case UV_ECONNABORTED:
      return {Code::Closed, Side::Client, false, "connection reset by peer"};
    case UV_ENETUNREACH:
    case UV_EHOSTUNREACH:
      return {Code::Refused, Side::Upstream, true, "no route to the host"};
    case UV_ECANCELED:
      return {Code::Cancelled, Side::Self, false, "cancelled"};
    default:
      return {Code::Io, Side::Self, false, uv_strerror(status)};
  }
}

}  // namespace atl::net
