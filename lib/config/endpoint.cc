#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "lib/config/reader.h"

namespace atl::config {
namespace {

constexpr size_t kLongestHost = 253;  // RFC 1035 section 2.3.4

bool is_digit(char c) { return c >= '0' && c <= '9'; }

const char* check_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) {
    return "the port is not a number of 0 to 65535";
  }
  unsigned value = 0;
  for (const char c : port) value = value * 10 + static_cast<unsigned>(c - '0');
  return value > 65535 ? "the port is not a number of 0 to 65535" : nullptr;
}

const char* check_name(std::string_view host) {
  const bool allowed = std::all_of(host.begin(), host.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  });
  if (!allowed || host.size() > kLongestHost || host.front() == '.' || host.front() == '-') {
    return "the host is neither a name nor an address";
  }
  const bool numeric =
      std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
  in_addr address{};
  if (numeric && inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) {
    return "the host is not a complete IPv4 address";
  }
  return nullptr;
}

}  // namespace

const char* check_endpoint(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t close = text.find("]:");
    if (close == std::string_view::npos) return "an IPv6 address is written as [address]:port";
    in6_addr address{};
    const std::string host(text.substr(1, close - 1));
    if (inet_pton(AF_INET6, host.c_str(), &address) != 1) {
      return "what stands in the brackets is not an IPv6 address";
    }
    return check_port(text.substr(close + 2));
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return "the port is missing";
  if (colon == 0) return "the host is missing";
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos) {
    return "an IPv6 address is written as [address]:port";
  }
  if (const char* wrong = check_name(host)) return wrong;
  return check_port(text.substr(colon + 1));
}

}  // namespace atl::config
