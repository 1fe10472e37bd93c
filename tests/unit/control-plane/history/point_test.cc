#include "control-plane/history/point.h"

#include <doctest/doctest.h>

#include <random>

namespace atl::control {
namespace {

Latencies random_latencies(std::mt19937_64& random) {
  Latencies made;
  const size_t size = random() % 129;
  for (size_t i = 0; i < size; ++i) {
    made.buckets.push_back(random() % 3 == 0 ? random() >> (random() % 64) : 0);
  }
  if (size > 0) made.buckets.back() = 1;  // trailing zeros are not kept
  made.sum_us = random();
  return made;
}

bool same(const Point& a, const Point& b) {
  return a.counts == b.counts && a.ttfb_hit.buckets == b.ttfb_hit.buckets &&
         a.ttfb_hit.sum_us == b.ttfb_hit.sum_us && a.ttfb_miss.buckets == b.ttfb_miss.buckets &&
         a.ttfb_miss.sum_us == b.ttfb_miss.sum_us;
}

TEST_CASE("what is packed comes out the same") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    Point point;
    for (uint64_t& count : point.counts) count = random() >> (random() % 64);
    point.ttfb_hit = random_latencies(random);
    point.ttfb_miss = random_latencies(random);
    const auto back = unpack(pack(point));
    REQUIRE(back);
    CHECK(same(*back, point));
  }
}

TEST_CASE("a packed point is small") {
  CHECK(pack(Point{}).size() == kCounters + 4);
  Point busy;
  busy.counts.fill(40'000);
  busy.ttfb_hit.buckets.assign(40, 0);
  for (size_t i = 20; i < 40; ++i) busy.ttfb_hit.buckets[i] = 900;
  CHECK(pack(busy).size() <= 120);
}

TEST_CASE("bytes that are no packed point are refused") {
  const PackedPoint good = pack([] {
    Point point;
    point.counts.fill(300);
    point.ttfb_miss.buckets.assign(128, 5);
    return point;
  }());
  REQUIRE(unpack(good));
  for (size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(unpack(std::span(good).first(size)));
  }
  PackedPoint longer = good;
  longer.push_back(0);
  CHECK_FALSE(unpack(longer));
  // A histogram that claims more buckets than there can be.
  PackedPoint lying(kCounters, 0);
  lying.insert(lying.end(), {2, 127, 1, 0, 1, 0, 0, 0});
  CHECK_FALSE(unpack(lying));
  PackedPoint beyond(kCounters, 0);
  beyond.insert(beyond.end(), {1, 0x80, 1, 1, 0, 0, 0});
  CHECK_FALSE(unpack(beyond));
  CHECK_FALSE(unpack(PackedPoint(200, 0xff)));
}

TEST_CASE("later counts add up and later gauges win; beside one another both add up") {
  const auto hits = static_cast<size_t>(Counter::Hits);
  const auto objects = static_cast<size_t>(Counter::CacheObjects);
  Point a;
  a.counts[hits] = 5;
  a.counts[objects] = 100;
  a.ttfb_hit = {{1, 2}, 10};
  Point b;
  b.counts[hits] = 7;
  b.counts[objects] = 90;
  b.ttfb_hit = {{0, 1, 4}, 20};
  Point in_time = a;
  append(in_time, b);
  CHECK(in_time.counts[hits] == 12);
  CHECK(in_time.counts[objects] == 90);
  CHECK(in_time.ttfb_hit.buckets == std::vector<uint64_t>{1, 3, 4});
  CHECK(in_time.ttfb_hit.sum_us == 30);
  Point in_space = a;
  add_beside(in_space, b);
  CHECK(in_space.counts[hits] == 12);
  CHECK(in_space.counts[objects] == 190);
}

}  // namespace
}  // namespace atl::control
