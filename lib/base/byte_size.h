#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace atl {

// A number of bytes, told apart from other numbers by its type.
struct ByteSize {
  uint64_t count = 0;
  constexpr auto operator<=>(const ByteSize&) const = default;
};

constexpr ByteSize operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr ByteSize operator""_MiB(unsigned long long n) { return {n << 20}; }
constexpr ByteSize operator""_GiB(unsigned long long n) { return {n << 30}; }

// "512", "64KiB", "1.5 GiB", "10MB": a decimal number and an optional unit (B, kB/KB, MB, GB, TB
// are powers of 1000; KiB, MiB, GiB, TiB powers of 1024). Invalid for anything else, TooLarge past
// 2^63.
Result<ByteSize> parse_byte_size(std::string_view text);

// The largest binary unit with at most one decimal: "64 MiB", "1.5 GiB", "17 B".
std::string to_string(ByteSize size);

}  // namespace atl
