#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace atl {

// "250ms", "10s", "5m", "1h", "7d": a decimal number and a unit, which is required so that nobody
// has to guess it. Invalid for anything else, TooLarge past a hundred years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// The shortest exact form that parse_duration() reads back: 90000 ms is "90s".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace atl
