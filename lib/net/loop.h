#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "lib/base/clock.h"

struct uv_loop_s;

namespace atl::net {

// Anything that is freed at the end of a turn instead of inside its own call stack.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

// One thread's event loop (libuv). Everything made on a loop lives and dies on its thread; post()
// and stop() are the only calls allowed from another one.
class Loop {
 public:
  Loop();
  ~Loop();  // after run() returned; closes what is left
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Returns after stop(), when the turn in progress ends; at once if stop() was called before. Each
  // return uses up every stop() until then. May be called again.
  void run();
  void stop();  // any thread

  // Runs `task` in a later turn. Any thread. Wakes the loop at most once per turn, so posting many
  // is cheap. Tasks still queued when the loop dies are destroyed without running.
  void post(std::move_only_function<void()> task);

  // Frees `object` when the turn in progress ends.
  void dispose(std::unique_ptr<Disposable> object);

  // Fixed for the turn: reading the clock once per turn is enough for every deadline and Age.
  MonoTime now() const;
  WallTime wall_now() const;

  // Runs `task` once at the end of this turn, after all I/O callbacks (uv_check), to batch work.
  void at_turn_end(std::move_only_function<void()> task);

  // For lib/net's own sources only.
  uv_loop_s* raw();
  struct State;

 private:
  std::unique_ptr<State> state_;
};

// Calls back once after a delay, or periodically. Dies silently with its owner. Loop thread.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(std::chrono::milliseconds delay);
  void start_periodic(std::chrono::milliseconds interval);
  void stop();

 private:
  struct Node;
  Node* node_;
};

}  // namespace atl::net
