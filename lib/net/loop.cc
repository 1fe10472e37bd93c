#include "lib/net/loop.h"

#include <uv.h>

#include <csignal>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "lib/net/loop_state.h"

namespace atl::net {
namespace {

WallTime read_wall() {
  uv_timeval64_t tv{};
  uv_gettimeofday(&tv);
  return WallTime{std::chrono::milliseconds{tv.tv_sec * 1000 + tv.tv_usec / 1000}};
}

}  // namespace

void Loop::State::run_posted() {
  {
    const std::lock_guard lock(mutex);
    woken = false;
    std::swap(posted, running);
  }
  for (auto& task : running) task();
  running.clear();
}

void Loop::State::end_turn() {
  // Tasks may add tasks, and disposing may dispose: both until nothing is left.
  while (!turn_end.empty() || !disposed.empty()) {
    auto tasks = std::exchange(turn_end, {});
    for (auto& task : tasks) task();
    tasks.clear();
    auto dead = std::exchange(disposed, {});
    dead.clear();
    // Keep the capacity of whichever was not refilled.
    if (turn_end.empty()) std::swap(turn_end, tasks);
    if (disposed.empty()) std::swap(disposed, dead);
  }
}

Loop::Loop() : state_(std::make_unique<State>()) {
  State* state = state_.get();
  std::signal(SIGPIPE, SIG_IGN);  // a write to a closed socket is an error of that write
  ATOLL_CHECK(uv_loop_init(&state->loop) == 0);
  state->loop.data = state;
  ATOLL_CHECK(uv_async_init(&state->loop, &state->wake, [](uv_async_t* handle) {
                static_cast<State*>(handle->loop->data)->run_posted();
              }) == 0);
  uv_check_init(&state->loop, &state->check);
  uv_check_start(&state->check,
                 [](uv_check_t* handle) { static_cast<State*>(handle->loop->data)->end_turn(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&state->check));
  // Timers run after `check` in a turn; what they leave is ended before the loop sleeps again.
  uv_prepare_init(&state->loop, &state->prepare);
  uv_prepare_start(&state->prepare, [](uv_prepare_t* handle) {
    auto* self = static_cast<State*>(handle->loop->data);
    self->end_turn();
    self->wall_fresh = false;
  });
  uv_unref(reinterpret_cast<uv_handle_t*>(&state->prepare));
}

Loop::~Loop() {
  State* state = state_.get();
  state->end_turn();
  decltype(state->posted) unrun;  // what they hold may lock, or post
  {
    const std::lock_guard lock(state->mutex);
    std::swap(unrun, state->posted);
  }
  unrun.clear();
  uv_walk(
      &state->loop,
      [](uv_handle_t* handle, void* own) {
        auto* self = static_cast<State*>(own);
        const bool is_own = handle == reinterpret_cast<uv_handle_t*>(&self->wake) ||
                            handle == reinterpret_cast<uv_handle_t*>(&self->check) ||
                            handle == reinterpret_cast<uv_handle_t*>(&self->prepare);
        if (is_own && uv_is_closing(handle) == 0) uv_close(handle, nullptr);
      },
      state);
  // Wrappers that are still alive would leave handles open: their owner outlived the loop.
  int rounds = 0;
  while (uv_run(&state->loop, UV_RUN_NOWAIT) != 0 && ++rounds < 1000) {
  }
  // A look-up that a thread is at cannot be cancelled; it ends by itself.
  while (state->loop.active_reqs.count > 0 && uv_run(&state->loop, UV_RUN_ONCE) != 0) {
  }
  if (uv_loop_close(&state->loop) != 0) ATOLL_BUG("a handle outlived its loop");
}

void Loop::run() {
  // A stop() that came before the thread got here counts too; it is used up.
  while (!state_->stopping.exchange(false)) uv_run(&state_->loop, UV_RUN_ONCE);
  state_->end_turn();
}

void Loop::stop() {
  state_->stopping.store(true);
  uv_async_send(&state_->wake);
}

void Loop::post(std::move_only_function<void()> task) {
  bool wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->posted.push_back(std::move(task));
    wake = !std::exchange(state_->woken, true);
  }
  if (wake) uv_async_send(&state_->wake);
}

void Loop::dispose(std::unique_ptr<Disposable> object) {
  state_->disposed.push_back(std::move(object));
}

MonoTime Loop::now() const { return MonoTime{std::chrono::milliseconds{uv_now(&state_->loop)}}; }

WallTime Loop::wall_now() const {
  if (!std::exchange(state_->wall_fresh, true)) state_->wall = read_wall();
  return state_->wall;
}

void Loop::at_turn_end(std::move_only_function<void()> task) {
  state_->turn_end.push_back(std::move(task));
}

uv_loop_s* Loop::raw() { return &state_->loop; }

}  // namespace atl::net
