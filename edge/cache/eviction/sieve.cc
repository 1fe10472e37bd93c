#include "edge/cache/eviction/sieve.h"

namespace atl::cache {

void Sieve::resize(uint32_t count) {
  while (blocks_.size() * kBlock < count) blocks_.push_back(std::make_unique<Node[]>(kBlock));
}

size_t Sieve::memory_for(uint32_t count) const {
  const size_t blocks = (count + size_t{kBlock} - 1) / kBlock;
  // The vector of blocks doubles as it grows; twice its use bounds what it takes.
  return blocks * (kBlock * sizeof(Node) + 2 * sizeof(blocks_[0]));
}

void Sieve::on_insert(Handle handle, const Entry&) {
  at(handle) = {.newer = kNoHandle, .older = newest_, .visited = false};
  if (newest_ != kNoHandle) at(newest_).newer = handle;
  newest_ = handle;
  if (oldest_ == kNoHandle) oldest_ = handle;
}

void Sieve::on_hit(Handle handle, uint64_t) { at(handle).visited = true; }

void Sieve::on_replace(Handle handle, const Entry& entry) { on_hit(handle, entry.hash); }

void Sieve::on_remove(Handle handle) {
  const Node& node = at(handle);
  if (hand_ == handle) hand_ = node.newer;
  (node.newer != kNoHandle ? at(node.newer).older : newest_) = node.older;
  (node.older != kNoHandle ? at(node.older).newer : oldest_) = node.newer;
}

Handle Sieve::evict() {
  if (oldest_ == kNoHandle) return kNoHandle;
  for (;;) {
    const Handle handle = hand_ != kNoHandle ? hand_ : oldest_;
    Node& node = at(handle);
    hand_ = node.newer;
    if (!node.visited) {
      on_remove(handle);
      return handle;
    }
    node.visited = false;
  }
}

}  // namespace atl::cache
