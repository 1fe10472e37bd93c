#include "edge/cache/store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>

#include "edge/cache/eviction/lru.h"
#include "edge/cache/index.h"
#include "edge/cache/key.h"
#include "edge/cache/uncacheable.h"
#include "edge/cache/vary.h"

namespace atl::cache {
namespace {

// Purge counters per shard: keys that share one cost each other a needless fetch after a purge.
constexpr size_t kEpochs = 64;

// A shard has a fixed part, and few objects in a shard say little about what is worth keeping.
constexpr uint64_t kBytesForShard = 256 * 1024;

size_t shard_count(const StoreOptions& options) {
  const uint64_t worth = std::max<uint64_t>(options.capacity.count / kBytesForShard, 1);
  const unsigned wanted = std::bit_ceil(std::clamp(options.shards, 1U, 4096U));
  return std::min<uint64_t>(wanted, std::bit_floor(worth));
}

// What a purge looks at of an object: its own members, key and most heads.
constexpr size_t kLookedAt = 512;
constexpr size_t kCacheLine = 64;

uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash); }

// One mark takes 16 bytes: at most 1/256 of the capacity goes into them.
size_t marks_per_shard(uint64_t capacity, size_t shards) {
  return std::clamp<uint64_t>(capacity / shards / 4096, UncacheableMarks::kWays, 4096);
}

}  // namespace

struct alignas(64) Store::Shard {
  Shard(size_t place, size_t mark_count, std::unique_ptr<EvictionPolicy> eviction)
      : number(place), policy(std::move(eviction)), marks(mark_count) {}

  const size_t number;
  mutable std::mutex mutex;
  Index index;
  std::unique_ptr<EvictionPolicy> policy;
  UncacheableMarks marks;
  std::array<std::atomic<uint32_t>, kEpochs> epochs{};
  // Written under the lock, read anywhere.
  std::atomic<uint64_t> object_bytes{0};
  uint64_t insertions = 0, replacements = 0, evictions = 0, evicted_bytes = 0, removals = 0;

  std::atomic<uint32_t>& epoch_of(uint64_t hash) { return epochs[(hash >> 32) % kEpochs]; }

  Handle select(std::string_view key, uint32_t tag, http::Fields request) const;
  Handle exact(std::string_view key, uint32_t tag, std::string_view variant_key) const;
  Handle holder_of(const Object* object, uint32_t tag) const;
  // The oldest variant of a key that has kMaxVariants of them; kNoHandle otherwise.
  Handle surplus_variant(std::string_view key, uint32_t tag) const;
  // Out of the index, not out of the policy. The result is the store's own reference: to be dropped
  // outside the lock, after settle().
  Pin take(Handle handle);
  // Those of the block at `base` that may have all of `keys`, into `out`.
  void find_candidates(Handle base, KeyFilter keys, std::vector<Handle>& out) const;
  size_t growth() const;
  bool is_key(Handle handle, std::string_view key, uint32_t tag) const;
};

bool Store::Shard::is_key(Handle handle, std::string_view key, uint32_t tag) const {
  return index.tag(handle) == tag && index.object(handle)->key() == key;
}

// RFC 9111 section 4.1. The request is normalised once for all variants with the same field names.
Handle Store::Shard::select(std::string_view key, uint32_t tag, http::Fields request) const {
  VariantKey mine;
  std::string_view names;  // whose values `mine` holds
  bool fits = true;
  for (Handle h = index.first(tag); h != kNoHandle; h = index.next(h)) {
    if (!is_key(h, key, tag)) continue;
    const std::string_view variant = index.object(h)->variant_key();
    if (variant.empty()) return h;
    if (const std::string_view wanted = variant_names(variant); wanted != names) {
      names = wanted;
      fits = make_key_for_names(names, request, mine);
    }
    if (fits && mine.bytes() == variant) return h;
  }
  return kNoHandle;
}

Handle Store::Shard::exact(std::string_view key, uint32_t tag, std::string_view variant_key) const {
  for (Handle h = index.first(tag); h != kNoHandle; h = index.next(h)) {
    if (is_key(h, key, tag) && index.object(h)->variant_key() == variant_key) return h;
  }
  return kNoHandle;
}

Handle Store::Shard::holder_of(const Object* object, uint32_t tag) const {
  for (Handle h = index.first(tag); h != kNoHandle; h = index.next(h)) {
    if (index.object(h) == object) return h;
  }
  return kNoHandle;
}

Handle Store::Shard::surplus_variant(std::string_view key, uint32_t tag) const {
  size_t count = 0;
  Handle oldest = kNoHandle;
  for (Handle h = index.first(tag); h != kNoHandle; h = index.next(h)) {
    if (!is_key(h, key, tag)) continue;
    oldest = h;  // the chain is newest first
    ++count;
  }
  return count >= kMaxVariants ? oldest : kNoHandle;
}

Pin Store::Shard::take(Handle handle) {
  Pin object(index.object(handle));
  index.remove(handle);
  return object;
}

void Store::Shard::find_candidates(Handle base, KeyFilter keys, std::vector<Handle>& out) const {
  out.clear();
  for (Handle h = base; h < base + Index::kBlock; ++h) {
    if (may_have(index.keys(h), keys) && index.object(h) != nullptr) out.push_back(h);
  }
  for (const Handle h : out) {
    const char* object = reinterpret_cast<const char*>(index.object(h));
    for (size_t at = 0; at < kLookedAt; at += kCacheLine) __builtin_prefetch(object + at);
  }
}

size_t Store::Shard::growth() const {
  const uint32_t now = index.slots();
  const uint32_t then = now + Index::kBlock;
  return Index::memory_for(then) - Index::memory_for(now) + policy->memory_for(then) -
         policy->memory_for(now);
}

Store::Store(const StoreOptions& options)
    : capacity_(options.capacity.count), seed_(options.hash_seed), pressure_(shard_count(options)) {
  const size_t shards = shard_count(options);
  shard_bits_ = static_cast<unsigned>(std::countr_zero(shards));
  size_t fixed = 0;
  for (size_t i = 0; i < shards; ++i) {
    auto policy = options.make_policy ? options.make_policy() : std::make_unique<Lru>();
    fixed += policy->memory_for(0);
    shards_.push_back(
        std::make_unique<Shard>(i, marks_per_shard(capacity_, shards), std::move(policy)));
    fixed += sizeof(Shard) + shards_.back()->marks.memory();
  }
  used_ = fixed;
  index_bytes_ = fixed;
}

Store::~Store() { clear(); }

Store::Shard& Store::shard_of(uint64_t hash) const {
  return *shards_[shard_bits_ == 0 ? 0 : hash >> (64 - shard_bits_)];
}

uint64_t Store::hash(std::string_view key) const { return hash_key(key, seed_); }

Store::Found Store::find(std::string_view key, uint64_t hash, http::Fields request_fields,
                         const RequestDirectives& directives, WallTime now) {
  Shard& shard = shard_of(hash);
  Found found;
  {
    const std::lock_guard lock(shard.mutex);
    const Handle handle = shard.select(key, tag_of(hash), request_fields);
    if (handle == kNoHandle) return found;
    shard.policy->on_hit(handle, hash);
    found.object = Pin::share(shard.index.object(handle));
  }
  found.judgement = judge(found.object->meta(), directives, now);
  return found;
}

Pin Store::peek(std::string_view key, uint64_t hash, std::string_view variant_key) const {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const Handle handle = shard.exact(key, tag_of(hash), variant_key);
  return handle == kNoHandle ? Pin() : Pin::share(shard.index.object(handle));
}

Pin Store::touch(std::string_view key, uint64_t hash, std::string_view variant_key) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const Handle handle = shard.exact(key, tag_of(hash), variant_key);
  if (handle == kNoHandle) return {};
  shard.policy->on_hit(handle, hash);
  return Pin::share(shard.index.object(handle));
}

bool Store::insert(Pin object, std::optional<uint64_t> epoch) {
  const uint64_t hash = this->hash(object->key());
  const uint32_t tag = tag_of(hash);
  Shard& shard = shard_of(hash);
  const size_t bytes = object->charge();
  const EvictionPolicy::Entry entry{hash, bytes};
  const KeyFilter keys = key_filter(object->head());
  if (!admits(shard, *object, entry) || !reserve(bytes, shard)) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  std::array<Pin, 2> out;  // dropped after the lock
  for (;;) {
    {
      const std::lock_guard lock(shard.mutex);
      if (epoch && *epoch != purge_epoch(hash)) break;
      if (const Handle old = shard.exact(object->key(), tag, object->variant_key());
          old != kNoHandle) {
        out[0] = Pin(shard.index.object(old));
        shard.index.set_object(old, object.detach(), keys);
        shard.policy->on_replace(old, entry);
        ++shard.replacements;
      } else if (!shard.index.full()) {
        if (const Handle surplus = shard.surplus_variant(object->key(), tag);
            surplus != kNoHandle) {
          shard.policy->on_remove(surplus);
          out[1] = shard.take(surplus);
          ++shard.evictions;
          shard.evicted_bytes += out[1]->charge();
        }
        shard.policy->on_insert(shard.index.add(tag, object.detach(), keys), entry);
      }
      if (!object) {
        ++shard.insertions;
        shard.object_bytes += bytes;
        pressure_.publish(shard.number, shard.policy->worth());
      }
    }
    if (!object) {
      for (const Pin& gone : out) {
        if (gone) settle(shard, gone->charge());
      }
      return true;
    }
    if (!grow_index(shard)) break;
  }
  give_back(bytes);
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool Store::refresh(const Pin& old, Pin fresh, std::optional<uint64_t> epoch) {
  const uint64_t hash = this->hash(old->key());
  Shard& shard = shard_of(hash);
  // Segments that both objects hold are paid for already.
  const size_t before = old->charge();
  const size_t after = fresh->charge();
  const KeyFilter keys = key_filter(fresh->head());
  size_t shared = 0;
  if (old->segment_count() != 0 && fresh->segment_count() == old->segment_count() &&
      old->segment_ref(0) != nullptr && fresh->segment_ref(0) != nullptr) {
    for (size_t i = 0; i < old->segment_count(); ++i) {
      if (&**old->segment_ref(i) == &**fresh->segment_ref(i))
        shared += (*old->segment_ref(i))->charge();
    }
  }
  if (!reserve(after - shared, shard)) return false;
  Pin out;
  {
    const std::lock_guard lock(shard.mutex);
    const Handle handle = shard.holder_of(old.get(), tag_of(hash));
    if (handle != kNoHandle && (!epoch || *epoch == purge_epoch(hash))) {
      out = Pin(shard.index.object(handle));
      shard.index.set_object(handle, fresh.detach(), keys);
      shard.policy->on_replace(handle, {hash, after});
      ++shard.insertions;
      ++shard.replacements;
      shard.object_bytes += after;
      shard.object_bytes -= before;
    }
  }
  give_back(out ? before - shared : after - shared);
  return static_cast<bool>(out);
}

// Room for an object or for the index; evicts until there is.
bool Store::reserve(size_t bytes, Shard& near) {
  // What can never fit must not empty the cache first.
  const uint64_t limit = this->limit();
  if (bytes > limit || bytes > limit - std::min(limit, index_bytes_.load())) return false;
  uint64_t used = used_.load(std::memory_order_relaxed);
  for (;;) {
    if (used + bytes <= limit) {
      if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
      continue;
    }
    if (!evict_one(near)) return false;
    used = used_.load(std::memory_order_relaxed);
  }
}

void Store::withhold(uint64_t bytes) {
  withheld_.store(std::min(bytes, capacity_), std::memory_order_relaxed);
  while (used_.load(std::memory_order_relaxed) > limit()) {
    if (!evict_one(*shards_[eviction_cursor_.fetch_add(1) % shards_.size()])) return;
  }
}

// A variant that is there already is replaced without asking.
bool Store::admits(Shard& shard, const Object& object, const EvictionPolicy::Entry& entry) {
  const std::lock_guard lock(shard.mutex);
  return shard.exact(object.key(), tag_of(entry.hash), object.variant_key()) != kNoHandle ||
         shard.policy->admit(entry);
}

bool Store::evict_one(Shard& near) { return evict_least_worthy() || evict_by_share(near); }

// One lock at a time: what was published may have changed, then another look is taken.
bool Store::evict_least_worthy() {
  constexpr int kTries = 8;
  for (int tries = 1; tries <= kTries; ++tries) {
    const auto least = pressure_.least();
    if (!least) return false;
    const uint64_t limit = tries < kTries ? pressure_.published(*least) : UINT64_MAX;
    if (evict_from(*shards_[*least], limit)) return true;
  }
  return false;
}

// From the shard that grows if it has its share or more, otherwise from each shard in turn: so no
// shard is emptied for another's large object.
bool Store::evict_by_share(Shard& near) {
  const size_t count = shards_.size();
  const uint64_t limit = this->limit();
  const uint64_t share =
      (limit - std::min(limit, index_bytes_.load(std::memory_order_relaxed))) / count;
  if (near.object_bytes.load(std::memory_order_relaxed) >= share && evict_from(near, UINT64_MAX)) {
    return true;
  }
  for (size_t tries = 0; tries < count; ++tries) {
    if (evict_from(*shards_[eviction_cursor_.fetch_add(1) % count], UINT64_MAX)) return true;
  }
  return false;
}

// Unless what would leave is worth more than `limit`.
bool Store::evict_from(Shard& shard, uint64_t limit) {
  Pin out;
  {
    const std::lock_guard lock(shard.mutex);
    if (shard.policy->worth() <= limit) {
      if (const Handle victim = shard.policy->evict(); victim != kNoHandle) {
        shard.policy->on_evicted(victim, shard.index.tag(victim));
        out = shard.take(victim);
        ++shard.evictions;
        shard.evicted_bytes += out->charge();
      }
    }
    pressure_.publish(shard.number, shard.policy->worth());
  }
  if (!out) return false;
  settle(shard, out->charge());
  return true;
}

// The bytes of an object that left a shard. Before its pin is dropped: the charge of an object can
// only be asked of the living.
void Store::settle(Shard& shard, size_t bytes) {
  shard.object_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  give_back(bytes);
}

bool Store::grow_index(Shard& shard) {
  size_t bytes = 0;
  {
    const std::lock_guard lock(shard.mutex);
    if (!shard.index.full()) return true;
    bytes = shard.growth();
  }
  if (!reserve(bytes, shard)) return false;
  const std::lock_guard lock(shard.mutex);
  // Room may have appeared meanwhile: made by the eviction above, or by another thread.
  if (!shard.index.full() || shard.growth() != bytes) {
    give_back(bytes);
    return true;
  }
  shard.policy->resize(shard.index.slots() + Index::kBlock);
  shard.index.grow();
  index_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

size_t Store::remove(std::string_view key, uint64_t hash, Purge purge) {
  Shard& shard = shard_of(hash);
  const uint32_t tag = tag_of(hash);
  std::vector<Pin> out;
  size_t count = 0;
  {
    const std::lock_guard lock(shard.mutex);
    shard.epoch_of(hash).fetch_add(1, std::memory_order_relaxed);
    for (Handle h = shard.index.first(tag); h != kNoHandle;) {
      const Handle here = h;
      h = shard.index.next(h);
      if (!shard.is_key(here, key, tag)) continue;
      ++count;
      if (purge == Purge::Soft) {
        shard.index.object(here)->mark_purged();
      } else {
        shard.policy->on_remove(here);
        out.push_back(shard.take(here));
      }
    }
    shard.removals += count;
  }
  for (const Pin& gone : out) settle(shard, gone->charge());
  return count;
}

bool Store::remove(const Pin& object) {
  const uint64_t hash = this->hash(object->key());
  Shard& shard = shard_of(hash);
  Pin out;
  {
    const std::lock_guard lock(shard.mutex);
    const Handle handle = shard.holder_of(object.get(), tag_of(hash));
    if (handle == kNoHandle) return false;
    shard.policy->on_remove(handle);
    out = shard.take(handle);
    ++shard.removals;
  }
  settle(shard, out->charge());
  return true;
}

size_t Store::remove_if(const std::function<bool(const Object&)>& matches, Purge purge) {
  return sweep(0, matches, purge);
}

size_t Store::remove_tagged(std::string_view key, Purge purge) {
  return sweep(
      key_bits(key), [key](const Object& object) { return has_surrogate_key(object.head(), key); },
      purge);
}

size_t Store::sweep(KeyFilter keys, const Matches& matches, Purge purge) {
  bulk_epoch_.fetch_add(1);
  size_t count = 0;
  for (const auto& shard : shards_) count += sweep(*shard, keys, matches, purge);
  return count;
}

// A block of the index at a time, so that nobody waits for the shard for long. Objects lie
// anywhere: those of a block are sent for before the first is looked at.
size_t Store::sweep(Shard& shard, KeyFilter keys, const Matches& matches, Purge purge) {
  size_t count = 0;
  std::vector<Handle> candidates;
  candidates.reserve(Index::kBlock);
  for (uint32_t base = 0;; base += Index::kBlock) {
    std::vector<Pin> out;
    {
      const std::lock_guard lock(shard.mutex);
      if (base >= shard.index.slots()) return count;
      const size_t before = count;
      shard.find_candidates(base, keys, candidates);
      for (const Handle h : candidates) {
        const Object* object = shard.index.object(h);
        if (!matches(*object)) continue;
        ++count;
        if (purge == Purge::Soft) {
          object->mark_purged();
        } else {
          shard.policy->on_remove(h);
          out.push_back(shard.take(h));
        }
      }
      shard.removals += count - before;
    }
    for (const Pin& gone : out) settle(shard, gone->charge());
  }
}

size_t Store::remove_prefix(std::string_view key_prefix, Purge purge) {
  return remove_if(
      [key_prefix](const Object& object) { return object.key().starts_with(key_prefix); }, purge);
}

size_t Store::clear(Purge purge) {
  return remove_if([](const Object&) { return true; }, purge);
}

uint64_t Store::purge_epoch(uint64_t hash) const {
  return bulk_epoch_.load() + shard_of(hash).epoch_of(hash).load(std::memory_order_relaxed);
}

void Store::mark_uncacheable(uint64_t hash, WallTime until) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  shard.marks.mark(hash, until);
}

bool Store::known_uncacheable(uint64_t hash, WallTime now) const {
  const Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  return shard.marks.marked(hash, now);
}

void Store::unmark_uncacheable(uint64_t hash) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  shard.marks.unmark(hash);
}

Store::Statistics Store::statistics() const {
  Statistics sum{.bytes = used_.load(std::memory_order_relaxed),
                 .index_bytes = index_bytes_.load(std::memory_order_relaxed),
                 .capacity = capacity_,
                 .withheld = withheld_.load(std::memory_order_relaxed),
                 .refused = refused_.load(std::memory_order_relaxed)};
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    sum.objects += shard->index.used();
    sum.object_bytes += shard->object_bytes.load(std::memory_order_relaxed);
    sum.insertions += shard->insertions;
    sum.replacements += shard->replacements;
    sum.evictions += shard->evictions;
    sum.evicted_bytes += shard->evicted_bytes;
    sum.removals += shard->removals;
  }
  return sum;
}

}  // namespace atl::cache
