#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace atl::http {

namespace detail {
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<uint8_t>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kTokenTable = make_token_table();
}  // namespace detail

// RFC 9110 section 5.6.2: tchar.
constexpr bool is_token_char(char c) { return detail::kTokenTable[static_cast<uint8_t>(c)]; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
// RFC 9110 section 5.6.3.
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }
// RFC 9110 section 5.5: VCHAR, obs-text, SP and HTAB.
constexpr bool is_field_value_char(char c) {
  return (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f) || c == '\t';
}
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

constexpr bool equal_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

constexpr std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace atl::http
