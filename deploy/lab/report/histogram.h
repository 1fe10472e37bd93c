#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace atl::lab {

// Microseconds in buckets at most 1/64 wide: a quantile is right to 0.8 %. Mergeable; 13 KiB,
// however many values it has counted.
class Histogram {
 public:
  void record(uint64_t us) {
    if (us > kMost) us = kMost;
    ++buckets_[bucket_of(us)];
    ++count_;
    sum_ += us;
    if (us > max_) max_ = us;
  }
  void merge(const Histogram& other);

  uint64_t count() const { return count_; }
  uint64_t max_us() const { return max_; }
  double mean_us() const;
  // The middle of the bucket in which the quantile lies, never beyond the largest value; 0 when
  // nothing was recorded. `q` in [0, 1].
  double quantile_us(double q) const;
  // At most `points` of (microseconds, share of the values that are not larger), rising in both,
  // the last share 1. Empty when nothing was recorded.
  std::vector<std::pair<double, double>> cdf(size_t points) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr uint64_t kMost = (uint64_t{1} << 33) - 1;  // two hours and more
  static constexpr size_t kBuckets = (33 - kSubBits + 1) << kSubBits;

  static size_t bucket_of(uint64_t us) {
    const auto width = static_cast<unsigned>(std::bit_width(us));
    if (width <= kSubBits) return us;
    const unsigned shift = width - kSubBits - 1;
    return ((shift + 1) << kSubBits) + (us >> shift) - (size_t{1} << kSubBits);
  }
  static double middle_of(size_t bucket);

  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(kBuckets);
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace atl::lab
