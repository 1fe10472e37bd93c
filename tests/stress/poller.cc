#include "tests/stress/poller.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace atl::stress {

Poller::~Poller() { ::close(descriptor_); }

void Poller::watch(int descriptor, uint32_t events, Ready* owner) {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event);
}

void Poller::change(int descriptor, uint32_t events, Ready* owner) {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event);
}

void Poller::at(Clock::time_point when, std::function<void()> what) {
  timers_.push({when, set_++, std::move(what)});
}

void Poller::turn(std::chrono::milliseconds longest) {
  auto wait = longest;
  if (!timers_.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(timers_.top().when - Clock::now());
    wait = std::clamp(left, std::chrono::milliseconds{0}, longest);
  }
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(descriptor_, events.data(), static_cast<int>(events.size()),
                               static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) {
    static_cast<Ready*>(events[static_cast<size_t>(i)].data.ptr)
        ->ready(events[static_cast<size_t>(i)].events);
  }
  while (!timers_.empty() && timers_.top().when <= Clock::now()) {
    const auto what = timers_.top().what;
    timers_.pop();
    what();
  }
  for (auto& what : std::exchange(later_, {})) what();
}

}  // namespace atl::stress
