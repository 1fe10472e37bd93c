#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "edge/cache/eviction/policy.h"
#include "edge/cache/eviction/sketch.h"

namespace atl::cache {

// W-TinyLFU (Einziger, Friedman and Manes, ACM Transactions on Storage 2017), by bytes. New entries
// wait in a window that holds a hundredth of the bytes, an LRU list. What leaves the window meets
// the next victim of the main part, and whichever was asked for less often for its size, by a
// sketch, leaves the cache. The main part is a segmented LRU: what is hit in probation is
// protected, up to four fifths. A hit moves the entry, as with LRU, and counts in the sketch.
//
// O(1) amortised: an entry leaves the protected part once for each hit at most.
class WTinyLfu final : public EvictionPolicy {
 public:
  void resize(uint32_t count) override;
  size_t memory_for(uint32_t count) const override;
  void on_insert(Handle handle, const Entry& entry) override;
  void on_hit(Handle handle, uint64_t hash) override;
  void on_replace(Handle handle, const Entry& entry) override;
  void on_remove(Handle handle) override;
  Handle evict() override;

 private:
  enum Part : uint32_t { kWindow, kProbation, kProtected };
  // Sixteen bytes; with the sketch, at most 24 for each handle.
  struct Node {
    Handle newer = kNoHandle;
    Handle older = kNoHandle;
    uint32_t tag = 0;
    uint32_t units : 30 = 0;  // of kUnit bytes, rounded up
    uint32_t part : 2 = kWindow;
  };
  static_assert(sizeof(Node) == 16);
  struct Queue {
    Handle newest = kNoHandle;
    Handle oldest = kNoHandle;
    uint64_t units = 0;
  };
  static constexpr uint32_t kBlock = 256;  // growing moves nothing
  static constexpr uint64_t kUnit = 64;
  static constexpr uint64_t kWindowShare = 100;
  static constexpr uint64_t kFillingShare = 10;  // a larger window fills the main part unasked

  static uint32_t units_of(const Entry& entry);
  Node& at(Handle handle) { return blocks_[handle / kBlock][handle % kBlock]; }
  void push(Handle handle, Part part);
  void unlink(Handle handle);
  void move(Handle handle, Part part);
  bool asked_less(Handle candidate, Handle victim);

  std::vector<std::unique_ptr<Node[]>> blocks_;
  FrequencySketch sketch_;
  std::array<Queue, 3> queues_;
};

}  // namespace atl::cache
