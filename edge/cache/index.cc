#include "edge/cache/index.h"

#include <bit>

namespace atl::cache {

Handle Index::add(uint32_t tag, const Object* object, KeyFilter keys) {
  const Handle handle = free_;
  Slot& entry = slot(handle);
  free_ = entry.next;
  Handle& head = bucket(bucket_of(tag));
  entry = {.object = object, .next = head, .tag = tag};
  blocks_[handle / kBlock]->keys[handle % kBlock] = keys;
  head = handle;
  ++used_;
  return handle;
}

void Index::remove(Handle handle) {
  Slot& entry = slot(handle);
  Handle* link = &bucket(bucket_of(entry.tag));
  while (*link != handle) link = &slot(*link).next;
  *link = entry.next;
  entry = {.object = nullptr, .next = free_, .tag = 0};
  free_ = handle;
  --used_;
}

void Index::grow() {
  const uint32_t base = buckets_;
  blocks_.push_back(std::make_unique<Block>());
  Block& block = *blocks_.back();
  for (uint32_t i = kBlock; i-- > 0;) {  // so that the lowest handle is used first
    block.slots[i].next = free_;
    free_ = base + i;
    block.buckets[i] = kNoHandle;
  }
  for (uint32_t i = 0; i < kBlock; ++i) split_into(base + i);
}

// Makes bucket `fresh`, moving into it what belongs there from the one bucket it splits from.
void Index::split_into(uint32_t fresh) {
  buckets_ = fresh + 1;
  mask_ = std::bit_ceil(buckets_) - 1;
  if (fresh == 0) return;
  const uint32_t from = fresh & (std::bit_floor(fresh) - 1);
  Handle* kept = &bucket(from);
  Handle* moved = &bucket(fresh);
  for (Handle handle = *kept; handle != kNoHandle; handle = slot(handle).next) {
    Handle*& tail = bucket_of(slot(handle).tag) == fresh ? moved : kept;
    *tail = handle;
    tail = &slot(handle).next;
  }
  *kept = kNoHandle;
  *moved = kNoHandle;
}

size_t Index::memory_for(uint32_t slots) {
  // The vector of blocks doubles as it grows; twice its use bounds what it takes. 16: the
  // allocator's own header of a block.
  return (slots + size_t{kBlock} - 1) / kBlock * (sizeof(Block) + 16 + 2 * sizeof(void*));
}

}  // namespace atl::cache
