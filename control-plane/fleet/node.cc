#include "control-plane/fleet/node.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace atl::control {

void add(Latencies& to, const Latencies& more) {
  if (to.buckets.size() < more.buckets.size()) to.buckets.resize(more.buckets.size());
  for (size_t i = 0; i < more.buckets.size(); ++i) to.buckets[i] += more.buckets[i];
  to.sum_us += more.sum_us;
}

uint64_t NodeStatistics::requests() const {
  return std::accumulate(counts.begin(), counts.begin() + static_cast<size_t>(Counter::BytesOut),
                         uint64_t{0});
}

std::array<double, kCounters> per_second(const NodeStatistics& before,
                                         const NodeStatistics& after) {
  std::array<double, kCounters> rates{};
  if (before.time_ms == 0 || after.time_ms <= before.time_ms) return rates;
  const double seconds = static_cast<double>(after.time_ms - before.time_ms) / 1000.0;
  for (size_t i = 0; i < kCounters; ++i) {
    if (i < kFirstGauge && after.counts[i] < before.counts[i]) return {};
    const double change =
        static_cast<double>(after.counts[i]) - static_cast<double>(before.counts[i]);
    rates[i] = change / seconds;
  }
  return rates;
}

uint64_t quantile_us(const Latencies& latencies, double quantile) {
  const uint64_t all =
      std::accumulate(latencies.buckets.begin(), latencies.buckets.end(), uint64_t{0});
  if (all == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(all)));
  uint64_t seen = 0;
  size_t bucket = 0;
  for (; bucket < latencies.buckets.size(); ++bucket) {
    seen += latencies.buckets[bucket];
    if (seen >= std::max<uint64_t>(rank, 1)) break;
  }
  return bucket_upper_us(bucket);
}

uint64_t bucket_upper_us(size_t bucket) {
  // Bucket i holds v with floor(4 * log2(v)) == i.
  return static_cast<uint64_t>(std::ceil(std::exp2(static_cast<double>(bucket + 1) / 4.0)));
}

}  // namespace atl::control
