#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// What the least worthy entry of each shard was worth when the shard was last looked at, so that
// many small shards evict as one large one would. In a few cache lines, read by every eviction. Any
// thread.
class Pressure {
 public:
  explicit Pressure(size_t shards) : worths_(shards) {
    for (auto& worth : worths_) worth.store(EvictionPolicy::kIncomparable);
  }

  // Under the shard's lock.
  void publish(size_t shard, uint64_t worth) {
    worths_[shard].store(worth, std::memory_order_relaxed);
  }
  uint64_t published(size_t shard) const { return worths_[shard].load(std::memory_order_relaxed); }

  // Where to evict; nullopt when no shard has anything that compares.
  std::optional<size_t> least() const {
    size_t found = 0;
    uint64_t least = EvictionPolicy::kIncomparable;
    for (size_t shard = 0; shard < worths_.size(); ++shard) {
      const uint64_t worth = published(shard);
      if (worth < least) {
        least = worth;
        found = shard;
      }
    }
    if (least == EvictionPolicy::kIncomparable) return std::nullopt;
    return found;
  }

 private:
  std::vector<std::atomic<uint64_t>> worths_;
};

}  // namespace atl::cache
