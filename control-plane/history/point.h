#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "control-plane/fleet/node.h"

namespace atl::control {

// What one PoP, or all of them, counted in one step of time. The latency histograms are counts of
// that step alone; gauges (from kFirstGauge on) are as they were at its end.
struct Point {
  std::array<uint64_t, kCounters> counts{};
  Latencies ttfb_hit;
  Latencies ttfb_miss;

  uint64_t operator[](Counter counter) const { return counts[static_cast<size_t>(counter)]; }
  // Every request counts in exactly one of the first eight counters.
  uint64_t requests() const;
};

// `later` follows `point` in time: counts add up, gauges are the later ones.
void append(Point& point, const Point& later);
// `other` was at the same time elsewhere: counts and gauges add up.
void add_beside(Point& point, const Point& other);

// What is between two readings of a growing count. Where `after` is below `before` (which a reader
// that puts restarts right never sees) the difference is 0.
Point difference(const NodeStatistics& before, const NodeStatistics& after);

// A point in few bytes: variable-length integers, empty buckets left out. A quiet PoP's takes about
// 25 bytes, a busy one's about 120, where the Point itself has 2.3 KiB.
using PackedPoint = std::vector<uint8_t>;
PackedPoint pack(const Point& point);
// `packed` as made by pack(); anything else gives nullopt.
std::optional<Point> unpack(std::span<const uint8_t> packed);

// Buckets of a and b together.
Latencies merged(const Latencies& a, const Latencies& b);
uint64_t count_of(const Latencies& latencies);

}  // namespace atl::control
