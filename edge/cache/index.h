#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "edge/cache/eviction/policy.h"
#include "edge/cache/surrogate_keys.h"

namespace atl::cache {

class Object;

// The index of one shard: a chained hash table over slots of 24 bytes. It grows by a block at a
// time (linear hashing: each new bucket splits one old one), so no insertion ever pays for a rehash
// of everything, and a bucket per slot keeps chains short: 28 bytes an entry. Not synchronised.
//
// Entries of one hash keep their order in the chain, newest first: that is how variants of a key
// are found together.
class Index {
 public:
  // Slots and buckets added by grow().
  static constexpr uint32_t kBlock = 256;

  Handle first(uint32_t tag) const { return buckets_ == 0 ? kNoHandle : bucket(bucket_of(tag)); }
  Handle next(Handle handle) const { return slot(handle).next; }
  uint32_t tag(Handle handle) const { return slot(handle).tag; }
  // Null for a slot that is not in use.
  const Object* object(Handle handle) const { return slot(handle).object; }
  // Of the object's head. Apart from the slots, so that a purge by tag reads nothing else.
  KeyFilter keys(Handle handle) const { return blocks_[handle / kBlock]->keys[handle % kBlock]; }
  void set_object(Handle handle, const Object* object, KeyFilter keys) {
    slot(handle).object = object;
    blocks_[handle / kBlock]->keys[handle % kBlock] = keys;
  }

  // No free slot: grow() before add().
  bool full() const { return free_ == kNoHandle; }
  Handle add(uint32_t tag, const Object* object, KeyFilter keys);
  void remove(Handle handle);

  void grow();
  // Slots allocated, used or not: handles are below this.
  uint32_t slots() const { return buckets_; }
  uint32_t used() const { return used_; }
  // Bytes for `slots` slots and their buckets.
  static size_t memory_for(uint32_t slots);

 private:
  struct Slot {
    const Object* object = nullptr;
    Handle next = kNoHandle;  // in the chain, or in the list of free slots
    uint32_t tag = 0;
  };
  struct Block {
    Slot slots[kBlock];
    Handle buckets[kBlock];
    KeyFilter keys[kBlock];
  };

  Slot& slot(Handle handle) { return blocks_[handle / kBlock]->slots[handle % kBlock]; }
  const Slot& slot(Handle handle) const { return blocks_[handle / kBlock]->slots[handle % kBlock]; }
  Handle& bucket(uint32_t index) { return blocks_[index / kBlock]->buckets[index % kBlock]; }
  const Handle& bucket(uint32_t index) const {
    return blocks_[index / kBlock]->buckets[index % kBlock];
  }
  uint32_t bucket_of(uint32_t tag) const {
    const uint32_t index = tag & mask_;
    return index < buckets_ ? index : index & (mask_ >> 1);
  }
  void split_into(uint32_t fresh);

  std::vector<std::unique_ptr<Block>> blocks_;
  uint32_t buckets_ = 0;  // as many as slots
  uint32_t mask_ = 0;     // smallest 2^n - 1 that covers buckets_
  uint32_t used_ = 0;
  Handle free_ = kNoHandle;
};

}  // namespace atl::cache
