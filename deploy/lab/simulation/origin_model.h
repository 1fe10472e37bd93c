#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "deploy/lab/random/random.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/distribution.h"
#include "deploy/lab/simulation/path.h"

namespace atl::lab {

// The origin as a queue: so many are answered at the same time, others wait in order.
class OriginModel {
 public:
  OriginModel(const OriginSpec& spec, uint64_t seed)
      : services_(Quantiles::lognormal(spec.service_ms * 1000, spec.service_sigma, 6e7)),
        concurrency_(spec.concurrency),
        random_(seed, 4) {}

  void go_down() { down_ = true; }
  void recover() {
    down_ = false;
    factor_ = 1;
  }
  void slow_down(double factor) { factor_ = factor; }

  struct Answer {
    bool ok = false;  // false: refused at once
    Tick head = 0;    // when the first byte leaves
  };
  // Of a request that arrives now; calls are in order of time.
  Answer serve(Tick now) {
    if (down_) return {false, now};
    const auto service = static_cast<Tick>(static_cast<double>(services_.at(random_.next())) *
                                           factor_ * double{kMicrosecond});
    if (concurrency_ == 0) return {true, now + service};
    Tick begin = now;
    if (busy_.size() == concurrency_) {
      begin = std::max(begin, busy_.top());
      busy_.pop();
    }
    busy_.push(begin + service);
    return {true, begin + service};
  }

 private:
  Quantiles services_;  // microseconds
  size_t concurrency_;
  double factor_ = 1;
  bool down_ = false;
  std::priority_queue<Tick, std::vector<Tick>, std::greater<>> busy_;  // until when, each
  Random random_;
};

}  // namespace atl::lab
