#pragma once

#include <string_view>

#include "lib/http/chars.h"

namespace atl::http {

constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

// RFC 3986 section 2.1: every "%" is followed by two hexadecimal digits.
constexpr bool has_valid_percent_encoding(std::string_view text) {
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || !is_hex_digit(text[at + 1]) || !is_hex_digit(text[at + 2])) {
      return false;
    }
  }
  return true;
}

}  // namespace atl::http
