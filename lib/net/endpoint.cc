#include "lib/net/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace atl::net {
namespace {

std::unexpected<Error> invalid(const char* detail) {
  return std::unexpected(Error{Code::Invalid, Side::Self, false, detail});
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_ipv6_char(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return invalid("no port; write \"host:port\"");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!std::all_of(host.begin(), host.end(), is_ipv6_char)) {
      return invalid("not an IPv6 address in brackets");
    }
  } else if (!std::all_of(host.begin(), host.end(), is_host_char)) {
    return invalid("not a host name or address; IPv6 goes in brackets: \"[::1]:80\"");
  }
  if (host.empty()) return invalid("no host; write \"host:port\"");
  uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, status] = std::from_chars(digits.data(), end, port);
  if (status != std::errc{} || rest != end || digits.empty()) {
    return invalid("a port is a number from 0 to 65535");
  }
  return Endpoint{std::string(host), port};
}

std::string to_string(const Endpoint& endpoint) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  return brackets ? fmt::format("[{}]:{}", endpoint.host, endpoint.port)
                  : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

}  // namespace atl::net
