#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atl::geo {

// A country (ISO 3166-1 alpha-2) as a small number: 1..676. 0: unknown, or no such code.
using CountryNumber = uint16_t;
inline constexpr size_t kCountries = 677;

constexpr CountryNumber country_of(std::string_view code) {
  if (code.size() != 2) return 0;
  const int first = code[0] - 'A';
  const int second = code[1] - 'A';
  if (first < 0 || first > 25 || second < 0 || second > 25) return 0;
  return static_cast<CountryNumber>(first * 26 + second + 1);
}

// From which countries clients are let in. A client of unknown country is one of no list: kept out
// by Allow, let in by Deny.
struct Fence {
  enum class Kind : uint8_t { None, Allow, Deny };
  Kind kind = Kind::None;
  std::vector<std::string> countries;  // ISO 3166-1 alpha-2, upper case
  bool operator==(const Fence&) const = default;
};

// The countries it lets in, by number.
std::bitset<kCountries> admitted(const Fence& fence);

}  // namespace atl::geo
