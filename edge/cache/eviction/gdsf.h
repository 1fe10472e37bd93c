#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// Greedy-Dual-Size-Frequency (Cherkasova, HPL-98-69R1), with sizes and frequencies in classes: an
// entry's worth is age + frequency / size, the least worthy leaves and its worth becomes the age.
// Entries of one class wait in one queue, which their ages keep sorted, so the victim is the least
// of a fixed number of heads. A hit writes the entry's count and moves nothing: an entry that was
// hit is put where it belongs when it comes to the head.
//
// Prefers many small objects to few large ones: more requests are hits, fewer bytes are.
// O(1): one look at the heads for each victim and for each entry hit since it was queued.
class Gdsf final : public EvictionPolicy {
 public:
  Gdsf();
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
    double base = 0;         // the age when it was queued
    uint16_t queue = 0;      // size class and frequency class
    uint8_t size_class = 0;  // of the size it has now
    uint8_t count = 0;       // requests, saturating
    bool touched = false;    // hit or resized since it was queued
  };
  static_assert(sizeof(Node) == 24);
  struct Queue {
    Handle newest = kNoHandle;
    Handle oldest = kNoHandle;
  };
  static constexpr uint32_t kBlock = 256;  // growing moves nothing
  static constexpr size_t kSizes = 32;     // powers of two, from 128 bytes
  static constexpr size_t kFrequencies = 8;
  static constexpr size_t kQueues = kSizes * kFrequencies;

  static uint8_t size_class(uint64_t bytes);
  static size_t frequency_class(uint8_t count);
  Node& at(Handle handle) { return blocks_[handle / kBlock][handle % kBlock]; }
  void push(Handle handle);
  void unlink(Handle handle);
  void weigh(size_t queue);
  size_t least_worthy() const;

  std::vector<std::unique_ptr<Node[]>> blocks_;
  std::array<double, kQueues> worth_;  // of each queue's head; infinite when there is none
  std::array<double, kSizes> least_;   // of each size class
  std::array<Queue, kQueues> queues_;
  double age_ = 0;
};

}  // namespace atl::cache
