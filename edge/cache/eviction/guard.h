#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// What a policy would hold of some keys, if it had so many bytes for them: hashes and sizes, no
// objects, in memory that is fixed. Not synchronised.
class ShadowCache {
 public:
  ShadowCache(std::unique_ptr<EvictionPolicy> policy, uint64_t capacity, uint32_t slots);
  // Would it be a hit? If not, it is stored.
  bool request(uint64_t hash, uint64_t bytes);
  bool full() const { return free_ == kNoHandle; }
  uint32_t count() const { return count_; }
  uint64_t capacity() const { return capacity_; }
  // Keeps of the keys those that a sample still takes, and half of the capacity.
  void halve(uint64_t mask);
  size_t memory() const;

 private:
  struct Slot {
    uint64_t hash = 0;
    uint64_t bytes = 0;  // 0: not in use
    Handle next = kNoHandle;
  };
  Handle& bucket(uint64_t hash) {
    return buckets_[static_cast<uint32_t>(hash >> 16) % buckets_.size()];
  }
  void evict_one();
  void forget(Handle handle);

  std::unique_ptr<EvictionPolicy> policy_;
  uint64_t capacity_;
  uint64_t used_ = 0;
  uint32_t count_ = 0;
  std::vector<Slot> slots_;
  std::vector<Handle> buckets_;
  Handle free_ = kNoHandle;
};

// Tells whether LRU would answer more requests than another policy does, by a shadow of each over a
// sample of the keys. Says nothing of a cache that holds less than some 250 objects, and learns
// nothing from objects that are large beside it. One for each store; any thread.
class Guard {
 public:
  // `rival` makes the shadow's policy, for a capacity. The sample is one key in eight, and halves
  // when it outgrows the memory for it: a few hundredths of a percent of the capacity.
  using MakeRival = std::unique_ptr<EvictionPolicy> (*)(uint64_t capacity);
  Guard(uint64_t capacity, MakeRival rival);

  // A request for a key, hit or miss. Costs a comparison, unless the key is in the sample. Skips
  // the request rather than wait for another thread, and allocates nothing.
  void request(uint64_t hash, uint64_t bytes) {
    if ((hash & mask_.load(std::memory_order_relaxed)) == 0) look(hash, bytes);
  }
  bool prefers_lru() const { return prefers_lru_.load(std::memory_order_relaxed); }
  size_t memory() const;

 private:
  void look(uint64_t hash, uint64_t bytes);
  void judge();

  std::atomic<uint64_t> mask_;
  std::atomic<bool> prefers_lru_ = false;
  std::mutex mutex_;
  ShadowCache lru_;
  ShadowCache rival_;
  uint32_t requests_ = 0;  // since judge()
  double lru_only_ = 0;    // requests that only LRU would answer, older ones counted less
  double rival_only_ = 0;
};

}  // namespace atl::cache
