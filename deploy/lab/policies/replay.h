#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/lab/policies/workload.h"

namespace atl::lab {

// The policies the edge has, by the names its configuration gives them.
std::vector<std::string> policy_names();

struct CacheShape {
  std::string policy;           // one of policy_names()
  uint64_t capacity = 0;        // bytes of objects; the policy's own memory is not charged
  unsigned shards = 1;          // a power of two; each has a policy of its own, as in cache::Store
  bool second_request = false;  // admits only what is asked for again, once it is full
};

struct Replayed {
  uint64_t requests = 0;
  uint64_t hits = 0;
  uint64_t bytes = 0;
  uint64_t hit_bytes = 0;
  double hit_ns = 0;               // of the policy, for a hit
  double miss_ns = 0;              // of the policy, for a miss: what leaves and what comes
  double metadata_per_object = 0;  // bytes of the policy for each object it may hold at the end

  double object_hit_ratio() const;
  double byte_hit_ratio() const;
};

// Replays the workload over the cache's own policies: cold start, every request counts, an object
// larger than the capacity is a miss and not stored. Shards share the capacity as those of
// cache::Store do. Hit ratios depend on the arguments alone; the times are measured afterwards, by
// giving the same calls to a new policy with nothing between them.
Replayed replay(const Workload& workload, const CacheShape& shape);

}  // namespace atl::lab
