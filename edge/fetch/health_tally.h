#pragma once

#include <cstdint>

namespace atl::edge {

// Health by an origin's answers to checks: so many bad ones in a row make it unhealthy, so many
// good ones in a row healthy again. Pure. Before anybody asked there is nothing to say against it.
class HealthTally {
 public:
  // True: the verdict changed.
  bool add(bool good, uint32_t unhealthy_after, uint32_t healthy_after) {
    in_row_ = good == last_ ? in_row_ + 1 : 1;
    last_ = good;
    if (good == healthy_ || in_row_ < (good ? healthy_after : unhealthy_after)) return false;
    healthy_ = good;
    return true;
  }
  bool healthy() const { return healthy_; }

 private:
  bool healthy_ = true;
  bool last_ = true;
  uint32_t in_row_ = 0;  // answers like the last one; wraps only after 2^32 of them
};

}  // namespace atl::edge
