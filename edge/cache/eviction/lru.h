#pragma once

#include <memory>
#include <vector>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// Least recently used: a doubly linked list through two 32-bit numbers per handle. Every call O(1).
class Lru final : public EvictionPolicy {
 public:
  void resize(uint32_t count) override;
  size_t memory_for(uint32_t count) const override;
  void on_insert(Handle handle, const Entry& entry) override;
  void on_hit(Handle handle, uint64_t hash) override;
  void on_replace(Handle handle, const Entry& entry) override;
  void on_remove(Handle handle) override;
  Handle evict() override;

 private:
  struct Links {
    Handle newer = kNoHandle;
    Handle older = kNoHandle;
  };
  // In blocks, so that growing moves nothing.
  static constexpr uint32_t kBlock = 256;

  Links& at(Handle handle) { return blocks_[handle / kBlock][handle % kBlock]; }
  void push_newest(Handle handle);
  void unlink(Handle handle);

  std::vector<std::unique_ptr<Links[]>> blocks_;
  Handle newest_ = kNoHandle;
  Handle oldest_ = kNoHandle;
};

}  // namespace atl::cache
