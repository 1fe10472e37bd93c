#include "lib/base/byte_size.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace atl {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array kUnits = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"kB", 1e3},
    Unit{"KB", 1e3},
    Unit{"MB", 1e6},
    Unit{"GB", 1e9},
    Unit{"TB", 1e12},
    Unit{"KiB", 1024.0},
    Unit{"MiB", 1048576.0},
    Unit{"GiB", 1073741824.0},
    Unit{"TiB", 1099511627776.0},
};

}  // namespace

Result<ByteSize> parse_byte_size(std::string_view text) {
  const auto bad = [](Code code, const char* detail) {
    return std::unexpected(Error{code, Side::Self, false, detail});
  };
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (status != std::errc{} || number < 0) {
    return bad(Code::Invalid, "not a size; write for example \"64MiB\"");
  }
  std::string_view unit(rest, static_cast<size_t>(end - rest));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& known : kUnits) {
    if (known.name != unit) continue;
    const double bytes = number * known.factor;
    if (!(bytes < 9.2e18)) return bad(Code::TooLarge, "a size must be below 2^63 bytes");
    return ByteSize{static_cast<uint64_t>(bytes)};
  }
  return bad(Code::Invalid, "unknown unit; use B, KB, MB, GB, TB, KiB, MiB, GiB or TiB");
}

std::string to_string(ByteSize size) {
  constexpr std::array names = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(size.count);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  const bool whole = value >= 100 || value == static_cast<double>(static_cast<uint64_t>(value));
  return whole ? fmt::format("{:.0f} {}", value, names[unit])
               : fmt::format("{:.1f} {}", value, names[unit]);
}

}  // namespace atl
