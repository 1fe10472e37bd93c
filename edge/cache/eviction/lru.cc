#include "edge/cache/eviction/lru.h"

namespace atl::cache {

void Lru::resize(uint32_t count) {
  while (blocks_.size() * kBlock < count) blocks_.push_back(std::make_unique<Links[]>(kBlock));
}

size_t Lru::memory_for(uint32_t count) const {
  const size_t blocks = (count + size_t{kBlock} - 1) / kBlock;
  // The vector of blocks doubles as it grows; twice its use bounds what it takes.
  return blocks * (kBlock * sizeof(Links) + 2 * sizeof(blocks_[0]));
}

void Lru::push_newest(Handle handle) {
  at(handle) = {.newer = kNoHandle, .older = newest_};
  if (newest_ != kNoHandle) at(newest_).newer = handle;
  newest_ = handle;
  if (oldest_ == kNoHandle) oldest_ = handle;
}

void Lru::unlink(Handle handle) {
  const Links links = at(handle);
  if (links.newer != kNoHandle) {
    at(links.newer).older = links.older;
  } else {
    newest_ = links.older;
  }
  if (links.older != kNoHandle) {
    at(links.older).newer = links.newer;
  } else {
    oldest_ = links.newer;
  }
}

void Lru::on_insert(Handle handle, const Entry&) { push_newest(handle); }

void Lru::on_hit(Handle handle, uint64_t) {
  if (handle == newest_) return;
  unlink(handle);
  push_newest(handle);
}

void Lru::on_replace(Handle handle, const Entry& entry) { on_hit(handle, entry.hash); }

void Lru::on_remove(Handle handle) { unlink(handle); }

Handle Lru::evict() {
  const Handle victim = oldest_;
  if (victim != kNoHandle) unlink(victim);
  return victim;
}

}  // namespace atl::cache
