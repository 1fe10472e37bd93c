#include <bit>
#include <numeric>

#include "edge/stats/node_statistics.h"

namespace atl::edge {
namespace {

// 2^63 times 2^(1/4), 2^(2/4), 2^(3/4), rounded up: where the quarters of an octave begin. The
// powers are irrational, so an integer is never exactly on a border.
constexpr uint64_t kQuarter1 = 0x9837f0518db8a970;
constexpr uint64_t kQuarter2 = 0xb504f333f9de6485;
constexpr uint64_t kQuarter3 = 0xd744fccad69d6af5;

}  // namespace

size_t histogram_bucket(uint64_t us) {
  if (us <= 1) return 0;
  const auto octave = static_cast<size_t>(std::bit_width(us)) - 1;
  const uint64_t mantissa = us << (63 - octave);
  const size_t quarter = static_cast<size_t>(mantissa >= kQuarter1) +
                         static_cast<size_t>(mantissa >= kQuarter2) +
                         static_cast<size_t>(mantissa >= kQuarter3);
  const size_t bucket = octave * 4 + quarter;
  return bucket < Histogram::kBuckets ? bucket : Histogram::kBuckets - 1;
}

uint64_t histogram_upper_bound(size_t bucket) {
  const size_t next = bucket + 1;
  const size_t octave = next / 4;
  if (octave >= 64) return UINT64_MAX;
  if (next % 4 == 0) return uint64_t{1} << octave;
  const uint64_t border = next % 4 == 1 ? kQuarter1 : next % 4 == 2 ? kQuarter2 : kQuarter3;
  const size_t shift = 63 - octave;
  const uint64_t floor = border >> shift;
  return shift == 0 ? border : floor + 1;
}

Histogram& Histogram::operator+=(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
  sum_us += other.sum_us;
  return *this;
}

uint64_t Histogram::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), uint64_t{0});
}

}  // namespace atl::edge
