#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "deploy/cli/replay/cache_status.h"

namespace atl::cli {

// Durations in microseconds, in buckets at most 1/16 wide: a quantile is right to about 6 %.
// Mergeable; 8 KiB.
class LatencyHistogram {
 public:
  void record(uint64_t us) { ++buckets_[bucket_of(us)]; }
  void merge(const LatencyHistogram& other);
  // The upper bound of the bucket in which the quantile lies; 0 when nothing was recorded.
  uint64_t quantile(double q) const;

 private:
  static constexpr unsigned kSubBits = 4;  // 16 buckets to each power of two
  static constexpr size_t kBuckets = (64 - kSubBits + 1) << kSubBits;
  static size_t bucket_of(uint64_t us);
  static uint64_t upper_bound(size_t bucket);

  std::array<uint64_t, kBuckets> buckets_{};
};

// What came of the requests to one PoP. Requests that failed count in `errors` only, beside
// `requests`: ratios are over what was answered as asked.
struct PopTally {
  uint64_t requests = 0;
  uint64_t hits = 0;
  uint64_t revalidated = 0;
  uint64_t collapsed = 0;
  uint64_t forwarded = 0;
  uint64_t unlabelled = 0;  // no usable Cache-Status
  uint64_t errors = 0;
  uint64_t bytes = 0;      // of bodies that were received whole
  uint64_t hit_bytes = 0;  // of these, from the cache
  LatencyHistogram first_byte;
  LatencyHistogram complete;

  uint64_t answered() const { return requests - errors; }
  double hit_ratio() const;
  double byte_hit_ratio() const;
  void count(Answered how, uint64_t body_bytes);
  void merge(const PopTally& other);
};

// Failures of one kind, and one to look at.
struct ErrorTally {
  uint64_t count = 0;
  std::string example;
};

// What one driver thread saw; summed at the end.
struct Tally {
  explicit Tally(size_t pop_count) : pops(pop_count) {}
  std::vector<PopTally> pops;                // in the order of the plan's PoPs
  std::map<std::string, ErrorTally> errors;  // by kind
  void fail(size_t pop, const std::string& kind, std::string example);
  void merge(const Tally& other);
};

}  // namespace atl::cli
