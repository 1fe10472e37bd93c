#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atl::cli {

// "80,431".
std::string grouped(uint64_t number);
// "44.0%".
std::string percent(double ratio);
// Microseconds as people read them: "850 us", "12.3 ms", "4.20 s".
std::string duration_text(uint64_t us);
// "75 s", "12 min 05 s", "3 h 20 min".
std::string span_text(uint64_t seconds);
// Text that came from outside, fit for a terminal: control characters, directional overrides and
// what is not UTF-8 become '?', at most `longest` bytes.
std::string printable(std::string_view text, size_t longest);

// Rows of cells, the first row the heading. `alignment` has an 'l' or 'r' for each column; further
// ones are 'r'. Display width is taken as the number of code points.
std::string table(const std::vector<std::vector<std::string>>& rows, std::string_view alignment);

}  // namespace atl::cli
