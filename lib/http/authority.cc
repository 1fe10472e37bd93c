#include "lib/http/authority.h"

#include <algorithm>

#include "lib/http/chars.h"

namespace atl::http {
namespace {

// unreserved, pct-encoded and sub-delims of RFC 3986, without the quote and the parentheses that
// no host name has and that invite trouble in logs.
bool is_reg_name_char(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
         std::string_view("-._~%!$&*+,;=").find(c) != std::string_view::npos;
}

bool is_ip_literal_char(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f') || c == ':' || c == '.';
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

bool is_authority(std::string_view text) {
  const std::string_view host = host_of(text);
  std::string_view rest = text.substr(host.size());
  if (!rest.empty()) {
    rest.remove_prefix(1);
    if (!is_port(rest)) return false;
  }
  if (host.starts_with('[')) {
    const std::string_view address = host.substr(1, host.size() - 2);
    return host.size() > 3 && host.ends_with(']') &&
           std::all_of(address.begin(), address.end(), is_ip_literal_char);
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), is_reg_name_char);
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
