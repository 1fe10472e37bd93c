#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What nodes say about themselves, free of gRPC. Meanings are those of proto/control.proto.

namespace atl::control {

struct NodeHello {
  std::string pop;
  std::string node;
  std::string instance;
  std::string version;
  std::vector<std::string> endpoints;
  uint32_t workers = 0;
  uint64_t cache_capacity = 0;
  uint64_t snapshot_version = 0;
  uint64_t last_purge = 0;
  bool draining = false;
};

struct OriginHealth {
  std::string origin;
  bool reachable = false;
  std::string detail;
};

// What a node sees of another one.
struct Observation {
  std::string pop;
  std::string node;
  bool reachable = false;
  std::string detail;
  std::chrono::milliseconds age{0};  // since it was seen, by the observer's clock
};

struct NodeHealth {
  bool serving = false;
  std::string detail;
  uint32_t connections = 0;
  uint32_t requests_in_flight = 0;
  uint32_t cpu_millicores = 0;
  std::vector<OriginHealth> origins;
  std::vector<Observation> observed;
};

// The counters of atl.v1.Statistics, by index, with the names they have there.
enum class Counter : uint8_t {
  Hits,
  Stale,
  Revalidated,
  Misses,
  Collapsed,
  Bypassed,
  Errors,
  Refused,
  BytesOut,
  BytesFromCache,
  BytesIn,
  ConnectionsAccepted,
  CacheEvictions,
  CacheObjects,  // from here on: gauges
  CacheBytes,
};
inline constexpr size_t kCounters = 15;
inline constexpr size_t kFirstGauge = static_cast<size_t>(Counter::CacheObjects);
inline constexpr std::array<std::string_view, kCounters> kCounterNames{"hits",
                                                                       "stale",
                                                                       "revalidated",
                                                                       "misses",
                                                                       "collapsed",
                                                                       "bypassed",
                                                                       "errors",
                                                                       "refused",
                                                                       "bytes_out",
                                                                       "bytes_from_cache",
                                                                       "bytes_in",
                                                                       "connections_accepted",
                                                                       "cache_evictions",
                                                                       "cache_objects",
                                                                       "cache_bytes"};

// Time to first byte: atl.v1.Histogram.
struct Latencies {
  std::vector<uint64_t> buckets;
  uint64_t sum_us = 0;
};
// Bucket by bucket.
void add(Latencies& to, const Latencies& more);

struct NodeStatistics {
  uint64_t time_ms = 0;
  std::array<uint64_t, kCounters> counts{};
  Latencies ttfb_hit;
  Latencies ttfb_miss;

  uint64_t operator[](Counter counter) const { return counts[static_cast<size_t>(counter)]; }
  // Every request counts in exactly one of these.
  uint64_t requests() const;
};

// Change per second between two readings; all zero when they are of different lives of the process.
std::array<double, kCounters> per_second(const NodeStatistics& before, const NodeStatistics& after);

// The upper bound, in microseconds, of the bucket in which the `quantile` (0..1) lies; 0: no
// values.
uint64_t quantile_us(const Latencies& latencies, double quantile);
// The upper bound of a bucket of atl.v1.Histogram, in microseconds.
uint64_t bucket_upper_us(size_t bucket);

}  // namespace atl::control
