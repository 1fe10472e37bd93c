#include "lib/net/precise_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace atl::net {

Result<std::unique_ptr<PreciseTimer>> PreciseTimer::make(Loop& loop,
                                                         std::function<void()> callback) {
  Descriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer) {
    return std::unexpected(
        Error{Code::Exhausted, Side::Self, true, "no descriptor is left for a timer"});
  }
  return std::unique_ptr<PreciseTimer>(
      new PreciseTimer(loop, std::move(timer), std::move(callback)));
}

PreciseTimer::PreciseTimer(Loop& loop, Descriptor timer, std::function<void()> callback)
    : watch_(loop, std::move(timer), [this, callback = std::move(callback)] {
        // Nothing to read: it was set anew after it had woken the loop.
        uint64_t times = 0;
        if (read(watch_.descriptor(), &times, sizeof(times)) == sizeof(times)) callback();
      }) {}

// Absolute, on the clock that MonoTime is of; zero stops it.
void PreciseTimer::set(std::chrono::nanoseconds when) {
  itimerspec value{};
  value.it_value.tv_sec = when.count() / 1'000'000'000;
  value.it_value.tv_nsec = when.count() % 1'000'000'000;
  ATOLL_CHECK(timerfd_settime(watch_.descriptor(), TFD_TIMER_ABSTIME, &value, nullptr) == 0);
}

void PreciseTimer::start_at(MonoTime when) {
  set(std::max(when.time_since_epoch(), std::chrono::nanoseconds{1}));
}

void PreciseTimer::stop() { set(std::chrono::nanoseconds{0}); }

}  // namespace atl::net
