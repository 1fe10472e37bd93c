#pragma once

#include <cstddef>
#include <vector>

#include "deploy/lab/random/random.h"
#include "deploy/lab/simulation/path.h"
#include "lib/base/clock.h"

namespace atl::lab {

// One direction of one connection of a wide-area network: when what enters it comes out. Towards
// the server (Forth) wait half of a round trip and all of its jitter and stalls, towards the client
// (Back) the other half, so that a request and its answer together take one round trip of the path
// (round_trip()). Order is kept, and what is behind something that stalls waits with it, as in TCP.
// No clock: times are arguments that never go back.
class Lane {
 public:
  enum class Way : uint8_t { Forth, Back };
  struct Part {
    size_t bytes = 0;
    MonoTime at;  // when the last of them comes out
  };

  // What the path points to outlives the lane. With `slow_start` what comes after a pause of a
  // round trip is sent in windows, as transfer() has it; without it only the bandwidth counts.
  Lane(const Path& path, Way way, bool slow_start);

  // Nothing enters before: the connection is being made.
  void hold(MonoTime until) { free_ = until; }

  // Of bytes that are there at `now`: parts in order, added to `out`. The first is at most a
  // segment, so that a head does not wait for the body behind it.
  void pass(MonoTime now, size_t bytes, Random& random, std::vector<Part>& out);
  // Of the end of the stream, or its abortion.
  MonoTime end(MonoTime now);

 private:
  Tick way_of(Random& random) const;
  size_t take(size_t bytes);

  Path path_;
  Way way_;
  bool slow_start_;
  size_t grain_;      // bytes that are worth a part of their own
  MonoTime free_{};   // when the line has sent what it was given
  MonoTime last_{};   // when the last part comes out
  MonoTime round_{};  // slow start: when this window's first byte left
  size_t window_ = 0;
  size_t used_ = 0;    // of the window
  bool open_ = false;  // the window is larger than what the line holds
};

}  // namespace atl::lab
