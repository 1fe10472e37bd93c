#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "lib/http/chars.h"

// Letters of ASCII, eight bytes a step.
namespace atl::http {

namespace detail {

// The high bit of each byte that is an upper case letter.
constexpr uint64_t upper_among(uint64_t eight) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low = eight & (kEach * 0x7f);
  const uint64_t from_a = low + kEach * (0x80 - 'A');
  const uint64_t above_z = low + kEach * (0x7f - 'Z');
  return from_a & ~above_z & ~eight & (kEach * 0x80);
}

inline uint64_t eight_at(const char* at) {
  uint64_t eight = 0;
  std::memcpy(&eight, at, sizeof eight);
  return eight;
}

}  // namespace detail

// As equal_ignore_case(). `known`: in lower case.
inline bool same_name(std::string_view name, std::string_view known) {
  if (name.size() != known.size()) return false;
  if (name.size() < 8) return equal_ignore_case(name, known);
  const auto alike = [&](size_t at) {
    const uint64_t eight = detail::eight_at(name.data() + at);
    return (eight | detail::upper_among(eight) >> 2) == detail::eight_at(known.data() + at);
  };
  for (size_t at = 0; at + 8 < name.size(); at += 8) {
    if (!alike(at)) return false;
  }
  return alike(name.size() - 8);
}

inline bool has_upper(std::string_view text) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    if (detail::upper_among(detail::eight_at(text.data() + at)) != 0) return true;
  }
  for (; at < text.size(); ++at) {
    if (to_lower(text[at]) != text[at]) return true;
  }
  return false;
}

// In place.
inline void make_lower(char* text, size_t size) {
  size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    const uint64_t eight = detail::eight_at(text + at);
    const uint64_t lower = eight | detail::upper_among(eight) >> 2;
    std::memcpy(text + at, &lower, sizeof lower);
  }
  for (; at < size; ++at) text[at] = to_lower(text[at]);
}

}  // namespace atl::http
