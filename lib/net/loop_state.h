#pragma once

#include <uv.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/net/loop.h"

namespace atl::net {

// The inside of a Loop, for lib/net's own sources.
struct Loop::State {
  uv_loop_t loop;
  uv_async_t wake;
  uv_check_t check;
  uv_prepare_t prepare;

  std::mutex mutex;  // guards `posted` and `woken`
  std::vector<std::move_only_function<void()>> posted;
  bool woken = false;

  std::vector<std::move_only_function<void()>> running;
  std::vector<std::move_only_function<void()>> turn_end;
  std::vector<std::unique_ptr<Disposable>> disposed;
  std::atomic<bool> stopping{false};

  // The wall clock is read at most once a turn.
  WallTime wall{};
  bool wall_fresh = false;

  // Every stream of the loop reads into this: a connection that waits holds no buffer.
  static constexpr size_t kReadBuffer = 64 * 1024;
  std::unique_ptr<char[]> read_buffer = std::make_unique_for_overwrite<char[]>(kReadBuffer);

  void run_posted();
  void end_turn();
};

}  // namespace atl::net
