#include "deploy/lab/live/metrics.h"

#include <algorithm>
#include <charconv>

namespace atl::lab {

std::optional<double> metric(std::string_view text, std::string_view name) {
  std::optional<double> sum;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    const char after = line[name.size()];
    if (after != ' ' && after != '{') continue;
    const std::string_view number = line.substr(line.rfind(' ') + 1);
    double value = 0;
    const auto [rest, bad] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (bad == std::errc{} && rest == number.data() + number.size()) {
      sum = sum.value_or(0) + value;
    }
  }
  return sum;
}

}  // namespace atl::lab
