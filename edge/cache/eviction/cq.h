#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "edge/cache/eviction/guard.h"
#include "edge/cache/eviction/history.h"
#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// What the shards of one store have in common.
class CqShared {
 public:
  // With a guard for a store of so many bytes, or with none.
  CqShared() = default;
  explicit CqShared(uint64_t capacity);

  // The worth of what was evicted last. Never goes back.
  uint64_t age() const { return age_.load(std::memory_order_relaxed); }
  void advance(uint64_t to) {
    uint64_t from = age();
    while (from < to && !age_.compare_exchange_weak(from, to, std::memory_order_relaxed)) {
    }
  }
  void request(uint64_t hash, uint64_t bytes) {
    if (guard_) guard_->request(hash, bytes);
  }
  bool prefers_lru() const { return guard_ && guard_->prefers_lru(); }
  size_t memory() const { return sizeof(*this) + (guard_ ? guard_->memory() : 0); }

 private:
  std::atomic<uint64_t> age_ = 0;
  std::optional<Guard> guard_;
};

// Greedy-Dual-Size-Frequency (Cherkasova, HPL-98-69R1) in queues of classes, with a memory for what
// left. An entry's value is frequency^1.2 / size, less if it was asked for once only; its worth is
// the age when it was queued and its value; the least worthy leaves, and its worth becomes the age.
// Values are rounded to eighths of a power of two: entries of one class wait in one queue, which
// their ages keep sorted, and a tournament over the heads of the queues finds the victim.
//
// A hit writes the entry's own node and moves nothing: an entry that was hit is put where it
// belongs when it comes to the head. What is evicted leaves its count behind and goes on from there
// when it comes back. What would fill a fifth of the cache is not admitted.
//
// Where LRU would answer more requests (Guard), entries join one queue as they are asked for, in
// front of which all others leave: LRU, at the price of LRU. When that is over, they are put back a
// few at a time.
//
// O(1): at most eight comparisons for each victim and for each entry hit since it was queued.
class Cq final : public EvictionPolicy {
 public:
  Cq(PolicySpace space, std::shared_ptr<CqShared> shared);
  void resize(uint32_t count) override;
  size_t memory_for(uint32_t count) const override;
  bool admit(const Entry& entry) override;
  void on_insert(Handle handle, const Entry& entry) override;
  void on_hit(Handle handle, uint64_t hash) override;
  void on_replace(Handle handle, const Entry& entry) override;
  void on_remove(Handle handle) override;
  Handle evict() override;
  void on_evicted(Handle handle, uint32_t tag) override;
  uint64_t worth() override;

 private:
  struct Node {
    Handle newer = kNoHandle;
    Handle older = kNoHandle;
    uint32_t base = 0;       // low half of the age when it was queued
    uint8_t queue = 0;       // class of its value
    uint8_t size_class = 0;  // of the size it has now
    uint8_t count = 0;       // requests, saturating
    bool touched = false;    // hit or resized since it was queued
  };
  static_assert(sizeof(Node) == 16);
  struct Queue {
    Handle newest = kNoHandle;
    Handle oldest = kNoHandle;
  };
  static constexpr uint32_t kBlock = 256;  // growing moves nothing
  static constexpr size_t kQueues = 256;   // one for each value of a byte

  Node& at(Handle handle) { return blocks_[handle / kBlock][handle % kBlock]; }
  uint8_t class_of(const Node& node) const;
  void push(Handle handle);
  void unlink(Handle handle);
  void weigh(size_t queue);
  void replay_matches(size_t queue);
  void settle_heads();
  void put_back();

  const uint64_t largest_;
  const unsigned shards_;
  std::shared_ptr<CqShared> shared_;
  std::vector<std::unique_ptr<Node[]>> blocks_;
  History history_;
  std::array<uint64_t, kQueues> worth_;    // of each queue's head; kIncomparable when there is none
  std::array<uint8_t, kQueues> winner_{};  // [1] of all: the least of [2n] and [2n+1] is [n]
  std::array<Queue, kQueues> queues_;
};

}  // namespace atl::cache
