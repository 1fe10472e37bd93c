#include "lib/net/precise_timer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::net {
namespace {

using namespace std::chrono_literals;

MonoTime clock_now() { return SystemClock().mono(); }

TEST_CASE("precise timer: never early, and less than a millisecond apart they all come") {
  Loop loop;
  std::string order;
  const MonoTime now = clock_now();
  const MonoTime moments[] = {now + 3ms, now + 3'200us, now + 3'400us};
  std::vector<std::unique_ptr<PreciseTimer>> timers;
  for (const int i : {2, 0, 1}) {
    auto timer = PreciseTimer::make(loop, [&, i] {
      CHECK(clock_now() >= moments[i]);
      order += static_cast<char>('0' + i);
      if (order.size() == 3) loop.stop();
    });
    REQUIRE(timer);
    (*timer)->start_at(moments[i]);
    timers.push_back(*std::move(timer));
  }
  loop.run();
  CHECK(order.size() == 3);
}

TEST_CASE("precise timer: what is asked for last counts; stopped or dead it is silent") {
  Loop loop;
  std::string fired;
  const auto make = [&](char name) {
    auto timer = PreciseTimer::make(loop, [&fired, name] { fired += name; });
    REQUIRE(timer);
    return *std::move(timer);
  };
  const MonoTime now = clock_now();
  const auto later = make('l');
  const auto stopped = make('s');
  auto dead = make('d');
  later->start_at(now + 1h);
  later->start_at(now + 2ms);
  stopped->start_at(now + 1ms);
  dead->start_at(now + 1ms);
  stopped->stop();
  dead.reset();
  Timer end(loop, [&] { loop.stop(); });
  end.start(20ms);
  loop.run();
  CHECK(fired == "l");
}

TEST_CASE("precise timer: a moment that is over comes in the next turn") {
  Loop loop;
  const auto timer = PreciseTimer::make(loop, [&] { loop.stop(); });
  REQUIRE(timer);
  (*timer)->start_at(MonoTime{});
  loop.run();
}

TEST_CASE("precise timer: it may die in its own callback") {
  Loop loop;
  std::unique_ptr<PreciseTimer> timer;
  auto made = PreciseTimer::make(loop, [&] {
    timer.reset();
    loop.post([&] { loop.stop(); });
  });
  REQUIRE(made);
  timer = *std::move(made);
  timer->start_at(clock_now());
  loop.run();
  CHECK_FALSE(timer);
}

}  // namespace
}  // namespace atl::net
