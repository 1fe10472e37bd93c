#include <uv.h>

#include <utility>

#include "lib/base/check.h"
#include "lib/net/loop.h"

namespace atl::net {

struct Timer::Node {
  uv_timer_t timer;
  std::function<void()> callback;
  bool alive = true;
};

Timer::Timer(Loop& loop, std::function<void()> callback) : node_(new Node) {
  node_->callback = std::move(callback);
  ATOLL_CHECK(uv_timer_init(loop.raw(), &node_->timer) == 0);
  node_->timer.data = node_;
}

Timer::~Timer() {
  node_->alive = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->timer),
           [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
}

namespace {

uint64_t to_ms(std::chrono::milliseconds duration) {
  return duration.count() < 0 ? 0 : static_cast<uint64_t>(duration.count());
}

}  // namespace

void Timer::start(std::chrono::milliseconds delay) {
  uv_timer_start(
      &node_->timer,
      [](uv_timer_t* timer) {
        auto* node = static_cast<Node*>(timer->data);
        if (node->alive) node->callback();
      },
      to_ms(delay), 0);
}

void Timer::start_periodic(std::chrono::milliseconds interval) {
  uv_timer_start(
      &node_->timer,
      [](uv_timer_t* timer) {
        auto* node = static_cast<Node*>(timer->data);
        if (node->alive) node->callback();
      },
      to_ms(interval), to_ms(interval));
}

void Timer::stop() { uv_timer_stop(&node_->timer); }

}  // namespace atl::net
