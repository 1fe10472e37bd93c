#include "edge/cache/eviction/s3fifo.h"

#include <algorithm>

namespace atl::cache {

uint32_t S3Fifo::units_of(const Entry& entry) {
  return static_cast<uint32_t>(std::min<uint64_t>(entry.bytes / kUnit + 1, UINT32_MAX));
}

void S3Fifo::resize(uint32_t count) {
  while (blocks_.size() * kBlock < count) blocks_.push_back(std::make_unique<Node[]>(kBlock));
  ghosts_.resize(count);
}

size_t S3Fifo::memory_for(uint32_t count) const {
  const size_t blocks = (count + size_t{kBlock} - 1) / kBlock;
  // The vector of blocks doubles as it grows; twice its use bounds what it takes.
  return sizeof(*this) + blocks * (kBlock * sizeof(Node) + 2 * sizeof(blocks_[0])) +
         GhostTable::memory_for(count);
}

void S3Fifo::push(Handle handle, In in) {
  Node& node = at(handle);
  node.in = in;
  Queue& queue = queue_of(node);
  node.newer = kNoHandle;
  node.older = queue.newest;
  if (queue.newest != kNoHandle) at(queue.newest).newer = handle;
  queue.newest = handle;
  if (queue.oldest == kNoHandle) queue.oldest = handle;
  queue.units += node.units;
}

void S3Fifo::unlink(Handle handle) {
  Node& node = at(handle);
  Queue& queue = queue_of(node);
  (node.newer != kNoHandle ? at(node.newer).older : queue.newest) = node.older;
  (node.older != kNoHandle ? at(node.older).newer : queue.oldest) = node.newer;
  queue.units -= node.units;
  node.in = In::Nothing;
}

void S3Fifo::on_insert(Handle handle, const Entry& entry) {
  const uint32_t print = GhostTable::print(entry.hash);
  Node& node = at(handle);
  node.units = units_of(entry);
  node.print = print & GhostTable::kPrintMask;
  node.hits = 0;
  push(handle, ghosts_.take(print) ? In::Main : In::Small);
}

void S3Fifo::on_hit(Handle handle, uint64_t) {
  Node& node = at(handle);
  if (node.hits < kMostHits) ++node.hits;
}

void S3Fifo::on_replace(Handle handle, const Entry& entry) {
  Node& node = at(handle);
  Queue& queue = queue_of(node);
  queue.units -= node.units;
  node.units = units_of(entry);
  queue.units += node.units;
  on_hit(handle, entry.hash);
}

void S3Fifo::on_remove(Handle handle) { unlink(handle); }

Handle S3Fifo::evict() {
  const uint64_t share = (small_.units + main_.units) / kSmallShare;
  if (small_.units > share || main_.oldest == kNoHandle) {
    if (const Handle victim = evict_small(); victim != kNoHandle) return victim;
  }
  return evict_main();
}

// Entries hit more than once move on; the first that was not is the victim.
Handle S3Fifo::evict_small() {
  while (small_.oldest != kNoHandle) {
    const Handle handle = small_.oldest;
    unlink(handle);
    Node& node = at(handle);
    if (node.hits <= 1) {
      ghosts_.remember(node.print);
      return handle;
    }
    node.hits = 0;
    push(handle, In::Main);
  }
  return kNoHandle;
}

Handle S3Fifo::evict_main() {
  while (main_.oldest != kNoHandle) {
    const Handle handle = main_.oldest;
    unlink(handle);
    Node& node = at(handle);
    if (node.hits == 0) return handle;
    --node.hits;
    push(handle, In::Main);
  }
  return kNoHandle;
}

}  // namespace atl::cache
