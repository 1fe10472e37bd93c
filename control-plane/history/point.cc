#include "control-plane/history/point.h"

#include <algorithm>
#include <numeric>

namespace atl::control {
namespace {

constexpr size_t kMostBuckets = 128;  // atl.v1.Histogram

uint64_t minus(uint64_t after, uint64_t before) { return after > before ? after - before : 0; }

Latencies difference(const Latencies& before, const Latencies& after) {
  Latencies made;
  made.buckets = after.buckets;
  for (size_t i = 0; i < std::min(made.buckets.size(), before.buckets.size()); ++i) {
    made.buckets[i] = minus(made.buckets[i], before.buckets[i]);
  }
  made.sum_us = minus(after.sum_us, before.sum_us);
  return made;
}

// LEB128: seven bits a byte, lowest first, the eighth says that more follow.
void put(PackedPoint& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

void put(PackedPoint& out, const Latencies& latencies) {
  const auto& buckets = latencies.buckets;
  put(out, buckets.size() - static_cast<size_t>(std::count(buckets.begin(), buckets.end(), 0U)));
  size_t next = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] == 0) continue;
    put(out, i - next);  // how many empty ones were skipped
    put(out, buckets[i]);
    next = i + 1;
  }
  put(out, latencies.sum_us);
}

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t take() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) break;
      const uint8_t byte = bytes_[at_++];
      value |= uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    good_ = false;
    return 0;
  }

  Latencies take_latencies() {
    Latencies made;
    const uint64_t used = take();
    size_t next = 0;
    for (uint64_t i = 0; i < used && good_; ++i) {
      const uint64_t skipped = take();
      if (skipped >= kMostBuckets - next) {
        good_ = false;
        break;
      }
      next += skipped;
      made.buckets.resize(next + 1);
      made.buckets[next++] = take();
      if (next == kMostBuckets && i + 1 < used) good_ = false;
    }
    made.sum_us = take();
    return made;
  }

  bool finished() const { return good_ && at_ == bytes_.size(); }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

uint64_t Point::requests() const {
  return std::accumulate(counts.begin(), counts.begin() + static_cast<size_t>(Counter::BytesOut),
                         uint64_t{0});
}

void append(Point& point, const Point& later) {
  for (size_t i = 0; i < kFirstGauge; ++i) point.counts[i] += later.counts[i];
  std::copy(later.counts.begin() + kFirstGauge, later.counts.end(),
            point.counts.begin() + kFirstGauge);
  add(point.ttfb_hit, later.ttfb_hit);
  add(point.ttfb_miss, later.ttfb_miss);
}

void add_beside(Point& point, const Point& other) {
  for (size_t i = 0; i < kCounters; ++i) point.counts[i] += other.counts[i];
  add(point.ttfb_hit, other.ttfb_hit);
  add(point.ttfb_miss, other.ttfb_miss);
}

Point difference(const NodeStatistics& before, const NodeStatistics& after) {
  Point made;
  for (size_t i = 0; i < kFirstGauge; ++i) {
    made.counts[i] = minus(after.counts[i], before.counts[i]);
  }
  std::copy(after.counts.begin() + kFirstGauge, after.counts.end(),
            made.counts.begin() + kFirstGauge);
  made.ttfb_hit = difference(before.ttfb_hit, after.ttfb_hit);
  made.ttfb_miss = difference(before.ttfb_miss, after.ttfb_miss);
  return made;
}

PackedPoint pack(const Point& point) {
  PackedPoint out;
  out.reserve(160);
  for (const uint64_t count : point.counts) put(out, count);
  put(out, point.ttfb_hit);
  put(out, point.ttfb_miss);
  out.shrink_to_fit();
  return out;
}

std::optional<Point> unpack(std::span<const uint8_t> packed) {
  Reader reader(packed);
  Point made;
  for (uint64_t& count : made.counts) count = reader.take();
  made.ttfb_hit = reader.take_latencies();
  made.ttfb_miss = reader.take_latencies();
  if (!reader.finished()) return std::nullopt;
  return made;
}

Latencies merged(const Latencies& a, const Latencies& b) {
  Latencies made = a;
  add(made, b);
  return made;
}

uint64_t count_of(const Latencies& latencies) {
  return std::accumulate(latencies.buckets.begin(), latencies.buckets.end(), uint64_t{0});
}

}  // namespace atl::control
