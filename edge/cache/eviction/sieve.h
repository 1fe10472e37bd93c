#pragma once

#include <memory>
#include <vector>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// SIEVE (Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024): one queue and a hand that goes from
// the oldest to the newest, spares what was hit since it came by last, and takes what was not. What
// is spared stays where it is. A hit writes one bit.
//
// O(1) amortised: the hand passes an entry by once for each hit at most.
class Sieve final : public EvictionPolicy {
 public:
  void resize(uint32_t count) override;
  size_t memory_for(uint32_t count) const override;
  void on_insert(Handle handle, const Entry& entry) override;
  void on_hit(Handle handle, uint64_t hash) override;
  void on_replace(Handle handle, const Entry& entry) override;
  void on_remove(Handle handle) override;
  Handle evict() override;

 private:
  struct Node {
    Handle newer = kNoHandle;
    Handle older = kNoHandle;
    bool visited = false;
  };
  static_assert(sizeof(Node) == 12);
  static constexpr uint32_t kBlock = 256;  // growing moves nothing

  Node& at(Handle handle) { return blocks_[handle / kBlock][handle % kBlock]; }

  std::vector<std::unique_ptr<Node[]>> blocks_;
  Handle newest_ = kNoHandle;
  Handle oldest_ = kNoHandle;
  Handle hand_ = kNoHandle;  // looked at next; none: the oldest
};

}  // namespace atl::cache
