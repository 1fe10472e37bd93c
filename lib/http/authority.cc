#include "lib/http/authority.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "lib/http/chars.h"

namespace atl::http {
namespace {

// RFC 3986 would let a registered name have percent-encoding and punctuation too. No host that can
// be looked up has them, and what a cache key and an upstream request are made of is better plain.
constexpr auto kNameTable = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (const char c : std::string_view("0123456789-._")) table[static_cast<uint8_t>(c)] = true;
  return table;
}();
bool is_name_char(char c) { return kNameTable[static_cast<uint8_t>(c)]; }

bool is_ip_literal_char(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f') || c == ':' || c == '.';
}

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, port);
  return text.size() <= 5 && status == std::errc{} && rest == end;
}

}  // namespace

bool is_authority(std::string_view text) {
  const std::string_view host = host_of(text);
  if (host.size() < text.size() && !is_port(text.substr(host.size() + 1))) return false;
  if (host.starts_with('[')) {
    const std::string_view address = host.substr(1, host.size() - 2);
    return host.size() > 3 && host.ends_with(']') && address.find(':') != std::string_view::npos &&
           std::all_of(address.begin(), address.end(), is_ip_literal_char);
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), is_name_char);
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return authority;
    const bool clean = bracket + 1 == authority.size() || authority[bracket + 1] == ':';
    return clean ? authority.substr(0, bracket + 1) : authority;
  }
  return authority.substr(0, authority.find(':'));
}

}  // namespace atl::http
