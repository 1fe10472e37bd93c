#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "edge/cache/eviction/ghost.h"
#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023), by bytes.
// New entries wait in a small queue that holds a tenth of the bytes; those hit more than once move
// to the main queue, the others leave and their hashes are remembered, so that a second request
// soon after goes to the main queue at once. A hit writes one byte and moves nothing. What is
// larger than the small queue is not admitted: it would push out all that waits there.
//
// O(1) amortised: each turn of a queue takes from a count that hits put there, at most 3 each.
class S3Fifo final : public EvictionPolicy {
 public:
  explicit S3Fifo(PolicySpace space) : largest_(space.capacity / kSmallShare) {}
  void resize(uint32_t count) override;
  size_t memory_for(uint32_t count) const override;
  bool admit(const Entry& entry) override { return entry.bytes <= largest_; }
  void on_insert(Handle handle, const Entry& entry) override;
  void on_hit(Handle handle, uint64_t hash) override;
  void on_replace(Handle handle, const Entry& entry) override;
  void on_remove(Handle handle) override;
  Handle evict() override;

 private:
  enum class In : uint32_t { Nothing, Small, Main };
  // Sixteen bytes; with the ghost table, at most 24 for each handle.
  struct Node {
    Handle newer = kNoHandle;
    Handle older = kNoHandle;
    uint32_t units = 0;  // of kUnit bytes, rounded up
    uint32_t print : GhostTable::kPrintBits = 0;
    uint32_t hits : 2 = 0;  // since it was looked at last, at most kMostHits
    In in : 2 = In::Nothing;
  };
  static_assert(sizeof(Node) == 16);
  struct Queue {
    Handle newest = kNoHandle;
    Handle oldest = kNoHandle;
    uint64_t units = 0;
  };
  static constexpr uint32_t kBlock = 256;  // growing moves nothing
  static constexpr uint32_t kMostHits = 3;
  static constexpr uint64_t kUnit = 64;
  static constexpr uint64_t kSmallShare = 10;  // one tenth of the bytes

  static uint32_t units_of(const Entry& entry);
  Node& at(Handle handle) { return blocks_[handle / kBlock][handle % kBlock]; }
  Queue& queue_of(const Node& node) { return node.in == In::Small ? small_ : main_; }
  void push(Handle handle, In in);
  void unlink(Handle handle);
  Handle evict_small();
  Handle evict_main();

  const uint64_t largest_;
  std::vector<std::unique_ptr<Node[]>> blocks_;
  GhostTable ghosts_;
  Queue small_;
  Queue main_;
};

}  // namespace atl::cache
