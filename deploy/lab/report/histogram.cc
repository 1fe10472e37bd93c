#include "deploy/lab/report/histogram.h"

#include <algorithm>
#include <cmath>

namespace atl::lab {

void Histogram::merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double Histogram::mean_us() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double Histogram::middle_of(size_t bucket) {
  constexpr size_t kSub = size_t{1} << kSubBits;
  if (bucket < kSub) return static_cast<double>(bucket);
  const unsigned shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
  const uint64_t low = (kSub + (bucket & (kSub - 1))) << shift;
  const uint64_t width = uint64_t{1} << shift;
  return static_cast<double>(low) + static_cast<double>(width - 1) / 2;
}

double Histogram::quantile_us(double q) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_)));
  const uint64_t rank = std::clamp<uint64_t>(wanted, 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(middle_of(i), static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

std::vector<std::pair<double, double>> Histogram::cdf(size_t points) const {
  std::vector<std::pair<double, double>> out;
  if (count_ == 0 || points == 0) return out;
  const auto whole = static_cast<double>(count_);
  // One point where the share has grown by a step; what is left of the steps goes to the tail,
  // each point of which halves what is still to come.
  const size_t even = std::max<size_t>(points * 3 / 4, 1);
  double next = 0;
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets && out.size() + 1 < points; ++i) {
    if (buckets_[i] == 0) continue;
    seen += buckets_[i];
    const double share = static_cast<double>(seen) / whole;
    if (share < next || seen == count_) continue;
    out.emplace_back(std::min(middle_of(i), static_cast<double>(max_)), share);
    next = std::min(share + 1.0 / static_cast<double>(even), share + (1 - share) / 2);
  }
  out.emplace_back(static_cast<double>(max_), 1);
  return out;
}

}  // namespace atl::lab
