#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace atl::stress {

using Clock = std::chrono::steady_clock;

// A descriptor's owner. Not to be destroyed inside its own ready(): Poller::later() is for that.
class Ready {
 public:
  virtual ~Ready() = default;
  virtual void ready(uint32_t events) = 0;
};

// One thread's epoll and timers. The product's own loop is not used, so that a fault in it cannot
// hide itself, and because a test client wants resets, half-closes and reads that it holds back.
class Poller {
 public:
  Poller() : descriptor_(epoll_create1(0)) {}
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void watch(int descriptor, uint32_t events, Ready* owner);
  void change(int descriptor, uint32_t events, Ready* owner);

  // Runs once, at or after `when`. What it captures must be alive then.
  void at(Clock::time_point when, std::function<void()> what);
  // At the end of this turn.
  void later(std::function<void()> what) { later_.push_back(std::move(what)); }

  // What is ready within `longest`, and every timer that is due.
  void turn(std::chrono::milliseconds longest);

 private:
  struct Due {
    Clock::time_point when;
    uint64_t number;  // equal times run in the order in which they were set
    std::function<void()> what;
    bool operator>(const Due& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };

  int descriptor_;
  uint64_t set_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> timers_;
  std::vector<std::function<void()>> later_;
};

}  // namespace atl::stress
