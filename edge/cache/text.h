#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/http/field.h"

namespace atl::cache {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text);
bool is_token(std::string_view text);

bool has_field(http::Fields fields, std::string_view name);
size_t count_fields(http::Fields fields, std::string_view name);
std::string_view first_value(http::Fields fields, std::string_view name);

// Walks the members of a comma-separated list (RFC 9110 section 5.6.1), commas in quoted strings
// aside; empty members are skipped. A quote that is never closed is an ordinary character, as are
// all behind it: it must not hide the rest of the list, nor be looked for again and again.
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}
  // False at the end. `member` has no whitespace around it.
  bool next(std::string_view& member);

 private:
  std::string_view rest_;
  bool quotes_ = true;
};

template <class Visit>
void for_each_list_member(std::string_view value, Visit visit) {
  ListReader reader(value);
  for (std::string_view member; reader.next(member);) visit(member);
}

std::string_view reason_phrase(uint16_t status);
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text);
std::string format_date(std::chrono::sys_seconds when);

// RFC 9111 section 1.2.2: digits only; saturated at kMaxDelta. Nothing for anything else.
std::optional<uint32_t> parse_delta_seconds(std::string_view text);

}  // namespace atl::cache
