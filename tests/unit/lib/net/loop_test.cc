#include "lib/net/loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lib/net/signals.h"

namespace atl::net {
namespace {

using namespace std::chrono_literals;

TEST_CASE("loop: tasks posted from other threads run on it, each thread's in order") {
  Loop loop;
  constexpr int kThreads = 4;
  constexpr int kTasks = 1000;
  std::vector<int> last(kThreads, -1);
  int ran = 0;
  bool ordered = true;
  const auto home = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        loop.post([&, t, i] {
          ordered = ordered && last[static_cast<size_t>(t)] == i - 1 &&
                    std::this_thread::get_id() == home;
          last[static_cast<size_t>(t)] = i;
          if (++ran == kThreads * kTasks) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  CHECK(ran == kThreads * kTasks);
  CHECK(ordered);
}

TEST_CASE("loop: a task posted by a task runs in a later turn") {
  Loop loop;
  std::string order;
  loop.post([&] {
    loop.post([&] {
      order += "c";
      loop.stop();
    });
    loop.at_turn_end([&] { order += "b"; });
    order += "a";
  });
  loop.run();
  CHECK(order == "abc");
}

TEST_CASE("loop: tasks that never ran are destroyed with it") {
  auto held = std::make_shared<int>(1);
  {
    Loop loop;
    loop.post([held] {});
    loop.at_turn_end([held] {});
    CHECK(held.use_count() == 3);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("loop: a task that never ran may lock and post when it is destroyed") {
  struct Owner {
    Loop& loop;
    std::mutex& mutex;
    bool& gone;
    ~Owner() {
      const std::lock_guard lock(mutex);
      loop.post([] {});
      gone = true;
    }
  };
  std::mutex mutex;
  bool gone = false;
  {
    Loop loop;
    loop.post([owner = std::make_unique<Owner>(loop, mutex, gone)] {});
  }
  CHECK(gone);
}

TEST_CASE("loop: what is left for the turn's end does not wait for input") {
  Loop loop;
  // From a timer, which runs after the turn's other callbacks, and from before the first turn.
  std::string order;
  loop.at_turn_end([&] { order += "1"; });
  Timer timer(loop, [&] {
    loop.at_turn_end([&] {
      order += "2";
      loop.at_turn_end([&] {
        order += "3";
        loop.stop();
      });
    });
  });
  timer.start(1ms);
  loop.run();  // would never return
  CHECK(order == "123");
}

struct Mortal final : Disposable {
  explicit Mortal(bool& flag) : dead(flag) {}
  ~Mortal() override { dead = true; }
  bool& dead;
};

TEST_CASE("loop: what is disposed of lives until the turn ends") {
  Loop loop;
  bool dead = false;
  bool dead_in_turn = true;
  loop.post([&] {
    loop.dispose(std::make_unique<Mortal>(dead));
    dead_in_turn = dead;
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  CHECK_FALSE(dead_in_turn);
  CHECK(dead);
}

TEST_CASE("loop: a stop() that comes before run() is not lost, and run() may be called again") {
  Loop loop;
  for (int i = 0; i < 3; ++i) {
    std::thread other([&] { loop.stop(); });
    other.join();
    loop.run();  // would never return
    bool ran = false;
    loop.post([&] {
      ran = true;
      loop.stop();
      loop.stop();
    });
    loop.run();
    CHECK(ran);
  }
}

TEST_CASE("timer: fires once, after its time, unless it is stopped or dies") {
  Loop loop;
  std::string order;
  Timer second(loop, [&] { order += "2"; });
  Timer first(loop, [&] { order += "1"; });
  Timer stopped(loop, [&] { order += "s"; });
  auto dead = std::make_unique<Timer>(loop, [&] { order += "d"; });
  Timer end(loop, [&] { loop.stop(); });
  second.start(10ms);
  first.start(2ms);
  stopped.start(5ms);
  dead->start(5ms);
  end.start(30ms);
  stopped.stop();
  dead.reset();
  loop.run();
  CHECK(order == "12");
}

TEST_CASE("timer: a periodic one may die in its own callback") {
  Loop loop;
  int ticks = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    if (++ticks < 3) return;
    timer.reset();
    loop.post([&] { loop.stop(); });
  });
  timer->start_periodic(1ms);
  loop.run();
  CHECK(ticks == 3);
}

TEST_CASE("signals: arrive as a call on the loop") {
  Loop loop;
  std::vector<int> got;
  {
    const Signals signals(loop, {SIGUSR1, SIGUSR2}, [&](int number) {
      got.push_back(number);
      if (got.size() == 2) loop.stop();
    });
    loop.post([] { std::raise(SIGUSR1); });
    loop.post([] { std::raise(SIGUSR2); });
    loop.run();
  }
  std::sort(got.begin(), got.end());
  std::vector<int> want{SIGUSR1, SIGUSR2};
  std::sort(want.begin(), want.end());
  CHECK(got == want);
}

}  // namespace
}  // namespace atl::net
