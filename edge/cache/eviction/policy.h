#pragma once

#include <cstddef>
#include <cstdint>

namespace atl::cache {

// Names an entry of one shard to its eviction policy. Handles are small numbers that the store
// reuses; a policy keeps its own data in arrays indexed by them.
using Handle = uint32_t;
inline constexpr Handle kNoHandle = UINT32_MAX;

// Decides what leaves a shard when room is needed. One per shard; every call is made under the
// shard's lock, so an implementation needs no synchronisation and must not block or throw.
class EvictionPolicy {
 public:
  struct Entry {
    uint64_t hash = 0;   // of the primary key, for policies that remember what they evicted
    uint64_t bytes = 0;  // charge
  };

  virtual ~EvictionPolicy() = default;

  // Makes room for handles below `count`; called before the first of them is used, never with less.
  virtual void resize(uint32_t count) = 0;
  // Bytes the policy takes for `count` handles, counted against the store's capacity.
  virtual size_t memory_for(uint32_t count) const = 0;

  // A new entry. A policy that would rather not admit it names it as the next victim.
  virtual void on_insert(Handle handle, const Entry& entry) = 0;
  // The entry was found and served.
  virtual void on_hit(Handle handle) = 0;
  // The same variant was stored again: history stays, size may differ.
  virtual void on_replace(Handle handle, const Entry& entry) = 0;
  // The entry left for a reason of its own: purged, invalidated, replaced.
  virtual void on_remove(Handle handle) = 0;
  // Chooses an entry and forgets it; kNoHandle when there is none.
  virtual Handle evict() = 0;
};

}  // namespace atl::cache
