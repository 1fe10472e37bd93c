#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace atl::bench {

// What a run came to. Latencies go into buckets 1.6 % wide, so a percentile is that exact.
class Tally {
 public:
  Tally();

  void answered(std::chrono::nanoseconds latency, uint64_t body_bytes, bool ok);
  void failed() { ++errors_; }

  uint64_t requests() const { return requests_; }
  // Microseconds; `fraction` in 0..1.
  double percentile(double fraction) const;
  // One line of JSON.
  std::string to_json(double seconds) const;

 private:
  static constexpr int kPerOctave = 44;  // 2^(1/44): 1.6 %
  std::vector<uint64_t> buckets_;
  uint64_t requests_ = 0;
  uint64_t bytes_ = 0;
  uint64_t bad_ = 0;     // answered, not with 200
  uint64_t errors_ = 0;  // connections that broke
  double max_us_ = 0;
};

}  // namespace atl::bench
