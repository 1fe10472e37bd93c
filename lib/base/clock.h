#pragma once

#include <chrono>

namespace atl {

// Wall time, for dates in HTTP and for people; may jump.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
// Monotonic time, for deadlines and durations.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// Where time comes from. Pure functions take a time instead; only shells hold a Clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  MonoTime mono() const override;
};

// Moves only when told. For tests and the simulator. One thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime{std::chrono::milliseconds{1'700'000'000'000}})
      : wall_(start) {}
  WallTime wall() const override { return wall_; }
  MonoTime mono() const override { return mono_; }
  void advance(std::chrono::nanoseconds by) {
    mono_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }

 private:
  WallTime wall_;
  MonoTime mono_{std::chrono::hours{1}};
};

}  // namespace atl
