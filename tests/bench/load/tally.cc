#include "tests/bench/load/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace atl::bench {

Tally::Tally() : buckets_(kPerOctave * 36) {}  // up to 2^36 ns, a minute

void Tally::answered(std::chrono::nanoseconds latency, uint64_t body_bytes, bool ok) {
  ++requests_;
  bytes_ += body_bytes;
  if (!ok) ++bad_;
  const auto ns = static_cast<double>(std::max<int64_t>(latency.count(), 1));
  const auto place = static_cast<size_t>(std::log2(ns) * kPerOctave);
  ++buckets_[std::min(place, buckets_.size() - 1)];
  max_us_ = std::max(max_us_, ns / 1000);
}

double Tally::percentile(double fraction) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(requests_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted && seen != 0) {
      return std::min(max_us_, std::exp2((static_cast<double>(i) + 1) / kPerOctave) / 1000);
    }
  }
  return 0;
}

std::string Tally::to_json(double seconds) const {
  return fmt::format(
      R"({{"requests": {}, "seconds": {:.6f}, "bytes": {}, "bad": {}, "errors": {}, )"
      R"("p50_us": {:.1f}, "p99_us": {:.1f}, "p999_us": {:.1f}, "max_us": {:.1f}}})",
      requests_, seconds, bytes_, bad_, errors_, percentile(0.5), percentile(0.99),
      percentile(0.999), max_us_);
}

}  // namespace atl::bench
