#pragma once

#include <functional>
#include <memory>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/net/descriptor_watch.h"
#include "lib/net/loop.h"

namespace atl::net {

// Calls back once at a moment, where Timer's milliseconds are too coarse: a timerfd, so it costs a
// descriptor. Dies silently with its owner, which may be in its callback. Loop thread.
class PreciseTimer {
 public:
  // Exhausted: no descriptor is left.
  static Result<std::unique_ptr<PreciseTimer>> make(Loop& loop, std::function<void()> callback);

  // In place of what was asked for before. A moment that is over: in the next turn.
  void start_at(MonoTime when);
  void stop();

 private:
  PreciseTimer(Loop& loop, Descriptor timer, std::function<void()> callback);
  void set(std::chrono::nanoseconds when);

  DescriptorWatch watch_;
};

}  // namespace atl::net
