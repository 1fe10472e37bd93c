#include "control-plane/history/track.h"

#include <doctest/doctest.h>

namespace atl::control {
namespace {

constexpr Track::Second kStart = 1'700'000'040;  // where steps of 120 s, and so of 10 s, begin

Point hits(uint64_t count) {
  Point point;
  point.counts[static_cast<size_t>(Counter::Hits)] = count;
  return point;
}
uint64_t hits_of(const std::optional<Point>& point) { return point ? (*point)[Counter::Hits] : 0; }

uint64_t sum(const Track::Series& series) {
  uint64_t all = 0;
  for (const auto& point : series.points) all += hits_of(point);
  return all;
}

TEST_CASE("windows have the names, steps and lengths of the documentation") {
  struct Case {
    const char* name;
    int step;
    size_t points;
  };
  for (const Case& c : {Case{"1m", 1, 60}, Case{"5m", 1, 300}, Case{"1h", 10, 360},
                        Case{"6h", 120, 180}, Case{"24h", 120, 720}}) {
    const auto window = parse_window(c.name);
    REQUIRE(window);
    CHECK(to_string(*window) == c.name);
    CHECK(step_of(*window).count() == c.step);
    CHECK(points_of(*window) == c.points);
  }
  for (const char* name : {"", "1", "1M", "2m", "24h "}) CHECK_FALSE(parse_window(name));
}

TEST_CASE("every window shows the same requests, in steps of its own") {
  Track track;
  for (Track::Second second = 0; second < 240; ++second) track.add(kStart + second, hits(3));
  const Track::Second now = kStart + 240;
  CHECK(sum(track.series(Window::OneMinute, now)) == 60 * 3);
  CHECK(sum(track.series(Window::FiveMinutes, now)) == 240 * 3);
  CHECK(sum(track.series(Window::OneHour, now)) == 240 * 3);
  CHECK(sum(track.series(Window::SixHours, now)) == 240 * 3);
  const auto day = track.series(Window::OneDay, now);
  CHECK(day.points.size() == 720);
  CHECK(day.first == now - 86'400);
  CHECK(hits_of(day.points[719]) == 360);
  CHECK(hits_of(day.points[718]) == 360);
  CHECK_FALSE(day.points[717]);
}

TEST_CASE("a step that is not over yet is not shown") {
  Track track;
  for (Track::Second second = 0; second < 15; ++second) track.add(kStart + second, hits(1));
  const auto hour = track.series(Window::OneHour, kStart + 15);
  CHECK(hits_of(hour.points.back()) == 10);
  CHECK(sum(hour) == 10);
  CHECK(sum(track.series(Window::SixHours, kStart + 15)) == 0);
}

TEST_CASE("seconds in which nothing was heard are gaps, also after the ring went round") {
  Track track;
  for (Track::Second second = 0; second < 1'000; ++second) {
    if (second % 7 != 3) track.add(kStart + second, hits(1));
  }
  const auto five = track.series(Window::FiveMinutes, kStart + 1'000);
  REQUIRE(five.points.size() == 300);
  for (size_t i = 0; i < 300; ++i) {
    CHECK(five.points[i].has_value() == ((700 + i) % 7 != 3));
  }
}

TEST_CASE("after a long silence nothing old is shown as new") {
  Track track;
  for (Track::Second second = 0; second < 400; ++second) track.add(kStart + second, hits(9));
  track.add(kStart + 200'000, hits(1));
  for (const Window window : {Window::OneMinute, Window::FiveMinutes, Window::OneHour}) {
    CHECK(sum(track.series(window, kStart + 200'010)) == 1);
  }
  // And a reader that comes after a silence sees none of it either.
  CHECK(sum(track.series(Window::OneDay, kStart + 900'000)) == 0);
}

TEST_CASE("a clock that jumped back changes nothing that is beyond the ring") {
  Track track;
  track.add(kStart + 10'000, hits(1));
  track.add(kStart, hits(5));  // too old for seconds, not for minutes
  track.add(-5, hits(7));      // before 1970
  CHECK(sum(track.series(Window::FiveMinutes, kStart + 10'001)) == 1);
  CHECK(sum(track.series(Window::OneDay, kStart + 10'080)) == 6);
}

}  // namespace
}  // namespace atl::control
