#include "deploy/cli/replay/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace atl::cli {
namespace {

uint64_t scaled(uint64_t bytes, double scale) {
  if (scale == 1.0) return bytes;
  constexpr double kLargest = 4e18;  // below 2^62, and every double below it fits
  return static_cast<uint64_t>(std::min(std::floor(static_cast<double>(bytes) * scale), kLargest));
}

uint64_t size_of(const trace::TraceRow& row) {
  if (row.size != 0 || !row.range) return row.size;
  return row.range->last.value_or(row.range->first) + 1;
}

}  // namespace

Expectation expect(const trace::TraceRow& row, double scale) {
  const uint64_t size = std::max<uint64_t>(1, scaled(size_of(row), scale));
  Expectation want;
  want.path = fmt::format("/object/{}", row.object);
  want.target = fmt::format("{}?size={}", want.path, size);
  want.length = size;
  if (!row.range) return want;

  const uint64_t first = scaled(row.range->first, scale);
  uint64_t last = size - 1;
  want.range = fmt::format("{}-", first);
  if (row.range->last) {
    const uint64_t asked = std::max(first + 1, scaled(*row.range->last + 1, scale)) - 1;
    want.range += std::to_string(asked);
    last = std::min(last, asked);
  }
  if (first >= size) {  // RFC 9110 section 15.5.17
    want.status = 416;
    want.length = 0;
    return want;
  }
  want.status = 206;
  want.first = first;
  want.length = last - first + 1;
  return want;
}

}  // namespace atl::cli
