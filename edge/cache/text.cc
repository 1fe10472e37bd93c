#include "edge/cache/text.h"

#include <algorithm>

#include "edge/cache/cache_control.h"

namespace atl::cache {

std::optional<uint32_t> parse_delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t seconds = 0;
  for (const char c : text) {
    if (!http::is_digit(c)) return std::nullopt;
    seconds = std::min<uint64_t>(seconds * 10 + static_cast<uint64_t>(c - '0'), kMaxDelta);
  }
  return static_cast<uint32_t>(seconds);
}

}  // namespace atl::cache
