// The relay's arithmetic under a clock that moves only when it is told.

#include "deploy/lab/relay/lane.h"

#include <doctest/doctest.h>

#include <numeric>

#include "lib/base/clock.h"

namespace atl::lab {
namespace {

using namespace std::chrono_literals;
using Parts = std::vector<Lane::Part>;

Parts passed(Lane& lane, MonoTime now, size_t bytes, Random& random) {
  Parts parts;
  lane.pass(now, bytes, random, parts);
  return parts;
}

double mbit(double megabits) { return 8000.0 / megabits; }

TEST_CASE("lane: a question and its answer take the round trip that was asked for, exactly") {
  for (const Tick rtt :
       {Tick{0}, Tick{1}, kMillisecond, 80 * kMillisecond, 333'333'333 * Tick{1}}) {
    CAPTURE(rtt);
    Random random(1, 1);
    ManualClock clock;
    const Path path{.rtt = rtt};
    Lane forth(path, Lane::Way::Forth, false);
    Lane back(path, Lane::Way::Back, true);
    for (int i = 0; i < 3; ++i) {
      const MonoTime asked = clock.mono();
      const MonoTime there = passed(forth, asked, 100, random).back().at;
      const MonoTime here = passed(back, there, 100, random).back().at;
      CHECK((here - asked).count() == rtt);
      clock.advance(here - asked);
    }
  }
}

TEST_CASE(
    "lane: jitter and stalls are those of the simulation, drawn once for what comes together") {
  const Quantiles jitter = Quantiles::of_jitter({.jitter_ms = 3});
  const Path path{.rtt = 50 * kMillisecond, .lost = 1u << 30, .ns_per_byte = 0, .far = &jitter};
  ManualClock clock;
  Random mine(5, 2);
  Random theirs(5, 2);
  for (int i = 0; i < 200; ++i) {
    Lane lane(path, Lane::Way::Forth, false);
    const MonoTime at = passed(lane, clock.mono(), 5000, mine).back().at;
    CHECK((at - clock.mono()).count() + path.rtt / 2 == round_trip(path, theirs));
  }
}

TEST_CASE("lane: the way back neither varies nor uses chance") {
  const Quantiles jitter = Quantiles::of_jitter({.jitter_ms = 3});
  const Path path{.rtt = 50 * kMillisecond, .lost = UINT32_MAX, .ns_per_byte = 0, .far = &jitter};
  Random random(5, 2);
  Random untouched(5, 2);
  const MonoTime now = ManualClock().mono();
  Lane lane(path, Lane::Way::Back, true);
  CHECK(passed(lane, now, 1, random).back().at - now == 25ms);
  CHECK(random.next() == untouched.next());
}

TEST_CASE(
    "lane: a body takes the time that the simulation gives it, its first segment none of it") {
  struct Row {
    double megabits;
    Tick rtt;
    size_t bytes;
  };
  for (const Row& row :
       {Row{100, 80 * kMillisecond, 1000}, Row{100, 80 * kMillisecond, 14'600},
        Row{100, 80 * kMillisecond, 14'601}, Row{100, 80 * kMillisecond, 1 << 20},
        Row{10, 20 * kMillisecond, 300'000}, Row{1000, 200 * kMillisecond, 1 << 22},
        Row{2, 5 * kMillisecond, 100'000}}) {
    CAPTURE(row.megabits);
    CAPTURE(row.bytes);
    const Path path{.rtt = row.rtt, .ns_per_byte = mbit(row.megabits)};
    Random random(1, 1);
    Lane lane(path, Lane::Way::Back, true);
    MonoTime now = ManualClock().mono();
    // A warm connection that pauses begins again: both answers take the same.
    for (int answer = 0; answer < 2; ++answer) {
      const MonoTime base = now + std::chrono::nanoseconds{row.rtt / 2};
      const Parts parts = passed(lane, now, row.bytes, random);
      CHECK((parts.front().at - base).count() <= 1460 * path.ns_per_byte);
      const double took = static_cast<double>((parts.back().at - base).count());
      CHECK(took == doctest::Approx(static_cast<double>(transfer(path, row.bytes))).epsilon(1e-4));
      size_t sum = 0;
      for (const Lane::Part& part : parts) sum += part.bytes;
      CHECK(sum == row.bytes);
      now = parts.back().at + std::chrono::nanoseconds{row.rtt - row.rtt / 2};
    }
  }
}

TEST_CASE("lane: in pieces a body takes what it takes as a whole") {
  const Path path{.rtt = 40 * kMillisecond, .ns_per_byte = mbit(50)};
  const MonoTime now = ManualClock().mono();
  Random random(1, 1);
  Lane whole(path, Lane::Way::Back, true);
  Lane cut(path, Lane::Way::Back, true);
  const MonoTime at = passed(whole, now, 400'000, random).back().at;
  MonoTime last{};
  for (int i = 0; i < 40; ++i) last = passed(cut, now, 10'000, random).back().at;
  CHECK(std::chrono::abs(last - at) < 1us);
}

TEST_CASE("lane: without slow start only the bandwidth counts, and connections share nothing") {
  const Path path{.rtt = 40 * kMillisecond, .ns_per_byte = mbit(8)};
  const MonoTime now = ManualClock().mono();
  Random random(1, 1);
  for (int connection = 0; connection < 2; ++connection) {
    Lane lane(path, Lane::Way::Back, false);
    CHECK(passed(lane, now, 100'000, random).back().at - now == 20ms + 100ms);
  }
}

TEST_CASE("lane: order is kept behind what stalls, and the end comes last") {
  const Quantiles jitter = Quantiles::of_jitter({.jitter_ms = 30});
  const Path path{.rtt = 10 * kMillisecond, .lost = 1u << 31, .ns_per_byte = 0, .far = &jitter};
  Random random(3, 3);
  Lane lane(path, Lane::Way::Forth, false);
  MonoTime now = ManualClock().mono();
  MonoTime last{};
  for (int i = 0; i < 500; ++i, now += 1ms) {
    const MonoTime at = passed(lane, now, 10, random).back().at;
    CHECK(at >= last);
    CHECK(at >= now + 5ms);
    last = at;
  }
  CHECK(lane.end(now) >= last);
}

TEST_CASE("lane: nothing enters before the connection is made") {
  const Path path{.rtt = 60 * kMillisecond};
  Random random(1, 1);
  const MonoTime now = ManualClock().mono();
  Lane lane(path, Lane::Way::Forth, false);
  lane.hold(now + std::chrono::nanoseconds{connecting(path, true, random)});
  CHECK(passed(lane, now + 1ms, 100, random).back().at - now == 120ms + 30ms);
}

}  // namespace
}  // namespace atl::lab
