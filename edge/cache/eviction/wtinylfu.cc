#include "edge/cache/eviction/wtinylfu.h"

#include <algorithm>

namespace atl::cache {

uint32_t WTinyLfu::units_of(const Entry& entry) {
  constexpr uint64_t kMost = (1U << 30) - 1;
  return static_cast<uint32_t>(std::min(entry.bytes / kUnit + 1, kMost));
}

void WTinyLfu::resize(uint32_t count) {
  while (blocks_.size() * kBlock < count) blocks_.push_back(std::make_unique<Node[]>(kBlock));
  sketch_.resize(count);
}

size_t WTinyLfu::memory_for(uint32_t count) const {
  const size_t blocks = (count + size_t{kBlock} - 1) / kBlock;
  // The vector of blocks doubles as it grows; twice its use bounds what it takes.
  return sizeof(*this) + blocks * (kBlock * sizeof(Node) + 2 * sizeof(blocks_[0])) +
         FrequencySketch::memory_for(count);
}

void WTinyLfu::push(Handle handle, Part part) {
  Node& node = at(handle);
  node.part = part;
  Queue& queue = queues_[part];
  node.newer = kNoHandle;
  node.older = queue.newest;
  if (queue.newest != kNoHandle) at(queue.newest).newer = handle;
  queue.newest = handle;
  if (queue.oldest == kNoHandle) queue.oldest = handle;
  queue.units += node.units;
}

void WTinyLfu::unlink(Handle handle) {
  const Node& node = at(handle);
  Queue& queue = queues_[node.part];
  (node.newer != kNoHandle ? at(node.newer).older : queue.newest) = node.older;
  (node.older != kNoHandle ? at(node.older).newer : queue.oldest) = node.newer;
  queue.units -= node.units;
}

void WTinyLfu::move(Handle handle, Part part) {
  unlink(handle);
  push(handle, part);
}

void WTinyLfu::on_insert(Handle handle, const Entry& entry) {
  Node& node = at(handle);
  node.tag = static_cast<uint32_t>(entry.hash);
  node.units = units_of(entry);
  sketch_.add(node.tag);
  push(handle, kWindow);
}

void WTinyLfu::on_hit(Handle handle, uint64_t) {
  const Node& node = at(handle);
  sketch_.add(node.tag);
  if (node.part == kWindow) return move(handle, kWindow);
  move(handle, kProtected);
  while (queues_[kProtected].units > 4 * queues_[kProbation].units &&
         queues_[kProtected].oldest != handle) {
    move(queues_[kProtected].oldest, kProbation);
  }
}

void WTinyLfu::on_replace(Handle handle, const Entry& entry) {
  Node& node = at(handle);
  queues_[node.part].units -= node.units;
  node.units = units_of(entry);
  queues_[node.part].units += node.units;
  on_hit(handle, entry.hash);
}

void WTinyLfu::on_remove(Handle handle) { unlink(handle); }

bool WTinyLfu::asked_less(Handle candidate, Handle victim) {
  const Node& a = at(candidate);
  const Node& b = at(victim);
  return uint64_t{sketch_.estimate(a.tag)} * b.units <= uint64_t{sketch_.estimate(b.tag)} * a.units;
}

Handle WTinyLfu::evict() {
  const Queue& window = queues_[kWindow];
  for (;;) {
    const uint64_t all = window.units + queues_[kProbation].units + queues_[kProtected].units;
    const bool over = window.oldest != window.newest && window.units > all / kWindowShare;
    Handle victim = queues_[kProbation].oldest;
    if (victim == kNoHandle) victim = queues_[kProtected].oldest;
    if (victim == kNoHandle && !over) victim = window.oldest;
    if (over) {
      const Handle candidate = window.oldest;
      const bool begins = window.units > all / kFillingShare;  // the main part has room yet
      if (!begins && asked_less(candidate, victim)) {
        victim = candidate;
      } else {
        move(candidate, kProbation);
        if (begins) continue;
      }
    }
    if (victim != kNoHandle) unlink(victim);
    return victim;
  }
}

}  // namespace atl::cache
