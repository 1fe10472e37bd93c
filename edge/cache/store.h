#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/cache/eviction/policy.h"
#include "edge/cache/eviction/pressure.h"
#include "edge/cache/freshness.h"
#include "edge/cache/object.h"
#include "edge/cache/surrogate_keys.h"
#include "lib/base/byte_size.h"
#include "lib/base/clock.h"
#include "lib/http/field.h"

namespace atl::cache {

// Variants kept per primary key; the oldest leaves when one more comes.
inline constexpr size_t kMaxVariants = 64;

enum class Purge : uint8_t {
  Hard,  // gone
  Soft,  // kept, but stale from now on: revalidated, or served stale where that is allowed
};

struct StoreOptions {
  ByteSize capacity{0};
  unsigned shards = 16;    // rounded up to a power of two, and down to what the capacity is worth
  uint64_t hash_seed = 0;  // random in production
  // One policy per shard; empty: Lru.
  std::function<std::unique_ptr<EvictionPolicy>()> make_policy;
};

// The RAM tier: stored responses, and what is stored of incomplete ones (parts.h), shared by all
// workers (docs/adr/0004). Every function may be
// called from any thread. A shard is locked for the probe only; objects are destroyed outside.
//
// Bounded in bytes exactly: charges of all objects, as the allocator counts them, and the index
// itself, never exceed the capacity, at no instant. (Pins keep evicted objects alive; those bytes
// belong to whoever holds the pin.) Index memory is not given back when objects leave.
class Store {
 public:
  explicit Store(const StoreOptions& options);
  Store(ByteSize capacity, unsigned shards) : Store(StoreOptions{capacity, shards, 0, {}}) {}
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Of a primary key; everything below that takes a hash wants this one.
  uint64_t hash(std::string_view key) const;

  struct Found {
    Pin object;  // null: nothing is stored for this request
    Judgement judgement;
    explicit operator bool() const { return static_cast<bool>(object); }
  };
  // Selects the variant (RFC 9111 section 4.1; of several that match, the newest), counts the hit
  // with the eviction policy, and judges. Never allocates. `now` is the loop's time.
  Found find(std::string_view key, uint64_t hash, http::Fields request_fields,
             const RequestDirectives& directives, WallTime now);

  // Exactly this variant; null when it is not there. Neither judged nor, by peek(), counted as a
  // hit. Never allocates.
  Pin peek(std::string_view key, uint64_t hash, std::string_view variant_key) const;
  Pin touch(std::string_view key, uint64_t hash, std::string_view variant_key);

  // A number that no outline of this store has had, never 0.
  uint64_t next_representation() { return representations_.fetch_add(1) + 1; }

  // Stores the object, in place of the variant with the same variant key. False when it was not
  // stored: larger than what the capacity leaves beside the index, not admitted by the policy, or
  // fetched under an older `epoch` than now (see purge_epoch()). Evicts before it stores.
  bool insert(Pin object, std::optional<uint64_t> epoch = std::nullopt);

  // Puts `fresh` (make_refreshed()) where `old` is, if `old` is still there and `epoch` still
  // holds; else nothing changes and the result is false: the caller may still answer with `fresh`.
  bool refresh(const Pin& old, Pin fresh, std::optional<uint64_t> epoch = std::nullopt);

  // All variants of a key (invalidation, purge by key). How many there were.
  size_t remove(std::string_view key, uint64_t hash, Purge purge = Purge::Hard);
  // Exactly this object, if it is still there.
  bool remove(const Pin& object);
  // Everything that `matches`; looks at a few entries at a time, so that lookups go on meanwhile.
  // `matches` runs under a shard's lock and must not call the store.
  using Matches = std::function<bool(const Object&)>;
  size_t remove_if(const Matches& matches, Purge purge = Purge::Hard);
  // Those with this surrogate key (surrogate_keys.h).
  size_t remove_tagged(std::string_view key, Purge purge = Purge::Hard);
  // Keys that begin with this (build_key_prefix()).
  size_t remove_prefix(std::string_view key_prefix, Purge purge = Purge::Hard);
  size_t clear(Purge purge = Purge::Hard);

  // Changes whenever a purge or an invalidation may have concerned this key. Taken before a fetch
  // is sent and given to insert(), it keeps what the origin said before a purge from being stored
  // after it. (A purge of another key changes it now and then too: that costs one fetch.)
  uint64_t purge_epoch(uint64_t hash) const;

  // "Hit for miss": the last response for this key was not storable, so requests for it need not
  // queue behind one another. Kept by hash in a table of fixed size, where newer marks overwrite
  // older ones; a mark that is lost or (by collision) wrong costs collapsing, never correctness.
  void mark_uncacheable(uint64_t hash, WallTime until);
  bool known_uncacheable(uint64_t hash, WallTime now) const;
  void unmark_uncacheable(uint64_t hash);

  struct Statistics {
    uint64_t objects = 0;
    uint64_t bytes = 0;  // of `capacity`: object_bytes + index_bytes + what is being inserted
    uint64_t object_bytes = 0;
    uint64_t index_bytes = 0;
    uint64_t capacity = 0;
    uint64_t withheld = 0;    // of `capacity`, by withhold()
    uint64_t insertions = 0;  // replacements included
    uint64_t replacements = 0;
    uint64_t evictions = 0;  // for room, or because a key had too many variants
    uint64_t evicted_bytes = 0;
    uint64_t removals = 0;  // purges and invalidations
    uint64_t refused = 0;   // insert() that stored nothing: no room, not admitted, or outdated
  };
  Statistics statistics() const;
  uint64_t capacity() const { return capacity_; }

  // Leaves this much of the capacity unused from now on (MemoryGovernor); evicts down to it.
  void withhold(uint64_t bytes);

 private:
  struct Shard;
  Shard& shard_of(uint64_t hash) const;
  uint64_t limit() const { return capacity_ - withheld_.load(std::memory_order_relaxed); }
  bool reserve(size_t bytes, Shard& near);
  void give_back(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool admits(Shard& shard, const Object& object, const EvictionPolicy::Entry& entry);
  bool evict_one(Shard& near);
  bool evict_least_worthy();
  bool evict_by_share(Shard& near);
  bool evict_from(Shard& shard, uint64_t limit);
  void settle(Shard& shard, size_t bytes);
  bool grow_index(Shard& shard);
  size_t sweep(KeyFilter keys, const Matches& matches, Purge purge);
  size_t sweep(Shard& shard, KeyFilter keys, const Matches& matches, Purge purge);

  const uint64_t capacity_;
  const uint64_t seed_;
  unsigned shard_bits_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
  Pressure pressure_;
  std::atomic<uint64_t> withheld_{0};
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> index_bytes_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> bulk_epoch_{0};
  std::atomic<uint64_t> representations_{0};
  std::atomic<uint32_t> eviction_cursor_{0};
};

}  // namespace atl::cache
