#include "lib/base/duration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace atl {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};

constexpr std::array kUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr double kHundredYearsMs = 100.0 * 365.25 * 86'400'000;

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto bad = [](Code code, const char* detail) {
    return std::unexpected(Error{code, Side::Self, false, detail});
  };
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (status != std::errc{} || number < 0) {
    return bad(Code::Invalid, "not a duration; write for example \"30s\"");
  }
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  for (const Unit& known : kUnits) {
    if (known.name != unit) continue;
    const double ms = number * static_cast<double>(known.ms);
    if (!(ms <= kHundredYearsMs)) return bad(Code::TooLarge, "longer than a hundred years");
    return std::chrono::milliseconds{static_cast<int64_t>(ms + 0.5)};
  }
  return bad(Code::Invalid, "a duration needs a unit: ms, s, m, h or d");
}

std::string format_duration(std::chrono::milliseconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() != 0 && duration.count() % unit.ms == 0) {
      return fmt::format("{}{}", duration.count() / unit.ms, unit.name);
    }
  }
  return "0ms";
}

}  // namespace atl
