#pragma once

#include <cstddef>
#include <cstdint>

namespace atl::cache {

// Names an entry of one shard to its eviction policy. Handles are small numbers that the store
// reuses; a policy keeps its own data in arrays indexed by them.
using Handle = uint32_t;
inline constexpr Handle kNoHandle = UINT32_MAX;

// The store that a policy works for.
struct PolicySpace {
  uint64_t capacity = 0;  // bytes, of all shards together
  unsigned shards = 1;
};

// Decides what leaves a shard when room is needed. One per shard; every call is made under the
// shard's lock, so an implementation needs no synchronisation and must not block or throw.
class EvictionPolicy {
 public:
  struct Entry {
    uint64_t hash = 0;   // of the primary key, for policies that remember what they evicted
    uint64_t bytes = 0;  // charge
  };
  // worth() where there is nothing to evict, or nothing that compares with other shards.
  static constexpr uint64_t kIncomparable = UINT64_MAX;

  virtual ~EvictionPolicy() = default;

  // Makes room for handles below `count`; called before the first of them is used, never with less.
  virtual void resize(uint32_t count) = 0;
  // Bytes the policy takes for `count` handles, counted against the store's capacity.
  virtual size_t memory_for(uint32_t count) const = 0;

  // Is what was just fetched worth what would have to leave for it? Asked once for each entry that
  // is not there yet, before room is made.
  virtual bool admit(const Entry&) { return true; }
  // A new entry.
  virtual void on_insert(Handle handle, const Entry& entry) = 0;
  // The entry was found and served.
  virtual void on_hit(Handle handle, uint64_t hash) = 0;
  // The same variant was stored again: history stays, size may differ.
  virtual void on_replace(Handle handle, const Entry& entry) = 0;
  // The entry left for a reason of its own: purged, invalidated, replaced.
  virtual void on_remove(Handle handle) = 0;
  // Chooses an entry and forgets it; kNoHandle when there is none.
  virtual Handle evict() = 0;
  // What evict() has just returned, with the low half of its hash.
  virtual void on_evicted(Handle, uint32_t) {}
  // Of what evict() would choose, on a scale that the shards of one store share: the store takes
  // from the shard where it is least.
  virtual uint64_t worth() { return kIncomparable; }
};

}  // namespace atl::cache
