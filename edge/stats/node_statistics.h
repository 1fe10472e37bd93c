#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace atl::edge {

// atl.v1.Histogram: bucket i counts values v (microseconds) with floor(4 * log2(max(v, 1))) == i.
struct Histogram {
  static constexpr size_t kBuckets = 128;
  std::array<uint64_t, kBuckets> buckets{};
  uint64_t sum_us = 0;

  Histogram& operator+=(const Histogram& other);
  uint64_t count() const;
};

// The bucket of a duration.
size_t histogram_bucket(uint64_t us);
// The smallest integer that belongs into a higher bucket than `bucket`.
uint64_t histogram_upper_bound(size_t bucket);

// atl.v1.Statistics: counts since the process began, summed over the workers.
struct NodeStatistics {
  uint64_t time_ms = 0;  // Unix time
  uint64_t hits = 0;
  uint64_t stale = 0;
  uint64_t revalidated = 0;
  uint64_t misses = 0;
  uint64_t collapsed = 0;
  uint64_t bypassed = 0;
  uint64_t errors = 0;
  uint64_t refused = 0;
  uint64_t bytes_out = 0;
  uint64_t bytes_from_cache = 0;
  uint64_t bytes_in = 0;
  uint64_t connections_accepted = 0;
  uint64_t cache_objects = 0;
  uint64_t cache_bytes = 0;
  uint64_t cache_evictions = 0;
  uint64_t disk_hits = 0;
  uint64_t disk_objects = 0;
  uint64_t disk_capacity = 0;
  uint64_t disk_bytes_served = 0;
  uint64_t disk_bytes_written = 0;
  uint64_t disk_volumes_failed = 0;
  Histogram ttfb_hit;
  Histogram ttfb_miss;
};

// atl.v1.Health.
struct OriginHealth {
  std::string origin;  // OriginEndpoint::id
  bool reachable = false;
  std::string detail;
};

struct NodeHealth {
  bool serving = false;
  std::string detail;  // why not
  uint32_t connections = 0;
  uint32_t requests_in_flight = 0;
  uint32_t cpu_millicores = 0;  // over the time since the last call of health()
  std::vector<OriginHealth> origins;
};

}  // namespace atl::edge
