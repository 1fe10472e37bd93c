#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "lib/net/loop.h"

namespace atl::net {

// Coroutines for code that waits in a straight line. One loop thread; no exceptions.
//
//   Task<Result<Head>> fetch(Deadline deadline);      // parameters by value
//   auto head = co_await fetch(deadline);              // from another task
//   scope.spawn(reconnect_for_ever());                 // from anywhere else
//
// A task starts when it is awaited or spawned. Cancelling is destroying: a task that is suspended
// is destroyed with everything it awaits, innermost first, so what a task holds is released by its
// destructors and whatever it waits for must take back its promise to resume it when the awaiter
// dies.

template <class T = void>
class [[nodiscard]] Task;

class TaskScope;

namespace detail {

class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }

  void set_continuation(std::coroutine_handle<> continuation) { continuation_ = continuation; }
  void set_scope(TaskScope* scope, size_t place) {
    scope_ = scope;
    place_ = place;
  }
  void set_place(size_t place) { place_ = place; }

 protected:
  // Ends a task: goes on with who awaited it, or tells the scope that spawned it.
  std::coroutine_handle<> finish() noexcept;

 private:
  std::coroutine_handle<> continuation_;
  TaskScope* scope_ = nullptr;
  size_t place_ = 0;
};

template <class Promise>
struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    return handle.promise().end();
  }
  void await_resume() noexcept {}
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  FinalAwaiter<Promise> final_suspend() noexcept { return {}; }
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() { return std::move(*value_); }
  std::coroutine_handle<> end() noexcept { return finish(); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  FinalAwaiter<Promise> final_suspend() noexcept { return {}; }
  void return_void() {}
  void take() {}
  std::coroutine_handle<> end() noexcept { return finish(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  // Cancels it, if it has not ended.
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().set_continuation(awaiting);
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  friend class TaskScope;
  Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// Owns the tasks that were spawned into it. Destroying or cancelling it cancels what has not ended.
// Neither may happen inside one of its own tasks: hand the owner to Loop::dispose() there.
class TaskScope {
 public:
  TaskScope() = default;
  ~TaskScope() { cancel(); }
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  // Runs the task until it first waits; the rest when what it waits for comes.
  void spawn(Task<void> task);

  // Every task that has not ended is destroyed.
  void cancel();

  size_t size() const { return tasks_.size(); }

 private:
  friend class detail::PromiseBase;
  using Handle = Task<void>::Handle;
  // The task in that place has ended.
  void remove(size_t place);

  std::vector<Handle> tasks_;
};

inline std::coroutine_handle<> detail::PromiseBase::finish() noexcept {
  if (scope_ != nullptr)
    scope_->remove(place_);  // frees this
  else if (continuation_)
    return continuation_;
  return std::noop_coroutine();
}

inline void TaskScope::spawn(Task<void> task) {
  const Handle handle = std::exchange(task.handle_, nullptr);
  ATOLL_CHECK(handle);
  handle.promise().set_scope(this, tasks_.size());
  tasks_.push_back(handle);
  handle.resume();
}

inline void TaskScope::remove(size_t place) {
  const Handle ended = tasks_[place];
  tasks_[place] = tasks_.back();
  tasks_[place].promise().set_place(place);
  tasks_.pop_back();
  ended.destroy();
}

inline void TaskScope::cancel() {
  while (!tasks_.empty()) {
    const Handle handle = tasks_.back();
    tasks_.pop_back();
    handle.destroy();
  }
}

class [[nodiscard]] SleepAwaiter {
 public:
  SleepAwaiter(Loop& loop, std::chrono::milliseconds duration) : loop_(loop), duration_(duration) {}

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    timer_.emplace(loop_, [waiting] { waiting.resume(); });
    timer_->start(duration_);
  }
  void await_resume() {}

 private:
  Loop& loop_;
  const std::chrono::milliseconds duration_;
  std::optional<Timer> timer_;
};

// co_await sleep_for(loop, 100ms): at least that long; the loop goes on meanwhile.
inline SleepAwaiter sleep_for(Loop& loop, std::chrono::milliseconds duration) {
  return {loop, duration};
}

}  // namespace atl::net
