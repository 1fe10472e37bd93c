#include "edge/cache/eviction/guard.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "edge/cache/eviction/lru.h"

namespace atl::cache {
namespace {

// Bits of the hash that choose neither a shard, nor a bucket of an index, nor a place in a history.
constexpr unsigned kSampleShift = 40;
constexpr uint64_t kFirstSample = uint64_t{7} << kSampleShift;  // one key in eight
constexpr unsigned kFirstBits = 3;
constexpr uint32_t kPeriod = 256;  // requests of the sample between two judgements
constexpr double kFade = 0.95;
constexpr uint32_t kFewest = 32;      // objects in a shadow, for it to say anything
constexpr uint64_t kLargestPart = 5;  // of a shadow: what is larger is decided by chance
// Differences beyond so many standard deviations are taken for one.
constexpr double kSure = 3;

uint32_t slots_for(uint64_t capacity) {
  return static_cast<uint32_t>(std::clamp<uint64_t>(capacity / 16384, 64, 1024));
}

}  // namespace

ShadowCache::ShadowCache(std::unique_ptr<EvictionPolicy> policy, uint64_t capacity, uint32_t slots)
    : policy_(std::move(policy)), capacity_(capacity), slots_(slots), buckets_(slots, kNoHandle) {
  policy_->resize(slots);
  for (Handle handle = slots; handle-- > 0;) slots_[handle].next = std::exchange(free_, handle);
}

size_t ShadowCache::memory() const {
  return slots_.size() * sizeof(Slot) + buckets_.size() * sizeof(Handle) +
         policy_->memory_for(static_cast<uint32_t>(slots_.size()));
}

void ShadowCache::forget(Handle handle) {
  Slot& slot = slots_[handle];
  Handle* link = &bucket(slot.hash);
  while (*link != handle) link = &slots_[*link].next;
  *link = slot.next;
  used_ -= slot.bytes;
  --count_;
  slot.bytes = 0;
  slot.next = std::exchange(free_, handle);
}

void ShadowCache::evict_one() {
  const Handle victim = policy_->evict();
  if (victim == kNoHandle) return;
  policy_->on_evicted(victim, static_cast<uint32_t>(slots_[victim].hash));
  forget(victim);
}

bool ShadowCache::request(uint64_t hash, uint64_t bytes) {
  for (Handle handle = bucket(hash); handle != kNoHandle; handle = slots_[handle].next) {
    if (slots_[handle].hash != hash) continue;
    policy_->on_hit(handle, hash);
    return true;
  }
  const EvictionPolicy::Entry entry{hash, std::max<uint64_t>(bytes, 1)};
  if (entry.bytes > capacity_ || !policy_->admit(entry)) return false;
  while (used_ + entry.bytes > capacity_ || full()) evict_one();
  const Handle handle = free_;
  free_ = slots_[handle].next;
  slots_[handle] = {hash, entry.bytes, std::exchange(bucket(hash), handle)};
  used_ += entry.bytes;
  ++count_;
  policy_->on_insert(handle, entry);
  return false;
}

void ShadowCache::halve(uint64_t mask) {
  capacity_ /= 2;
  for (Handle handle = 0; handle < slots_.size(); ++handle) {
    if (slots_[handle].bytes == 0 || (slots_[handle].hash & mask) == 0) continue;
    policy_->on_remove(handle);
    forget(handle);
  }
  while (used_ > capacity_) evict_one();
}

Guard::Guard(uint64_t capacity, MakeRival rival)
    : mask_(kFirstSample),
      lru_(std::make_unique<Lru>(), capacity >> kFirstBits, slots_for(capacity)),
      rival_(rival(capacity >> kFirstBits), capacity >> kFirstBits, slots_for(capacity)) {}

size_t Guard::memory() const { return sizeof(*this) + lru_.memory() + rival_.memory(); }

void Guard::look(uint64_t hash, uint64_t bytes) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  uint64_t mask = mask_.load(std::memory_order_relaxed);
  if ((hash & mask) != 0 || bytes > lru_.capacity() / kLargestPart) return;
  const bool lru = lru_.request(hash, bytes);
  const bool rival = rival_.request(hash, bytes);
  if (lru && !rival) ++lru_only_;
  if (rival && !lru) ++rival_only_;
  if (lru_.full() || rival_.full()) {
    mask |= mask << 1;
    mask_.store(mask, std::memory_order_relaxed);
    lru_.halve(mask);
    rival_.halve(mask);
  }
  if (++requests_ == kPeriod) judge();
}

// Only requests on which the two differ say anything (McNemar's test).
void Guard::judge() {
  requests_ = 0;
  if (std::min(lru_.count(), rival_.count()) < kFewest) return;
  const double sure = kSure * std::sqrt(lru_only_ + rival_only_);
  if (lru_only_ - rival_only_ > sure) prefers_lru_.store(true, std::memory_order_relaxed);
  if (rival_only_ - lru_only_ > sure) prefers_lru_.store(false, std::memory_order_relaxed);
  lru_only_ *= kFade;
  rival_only_ *= kFade;
}

}  // namespace atl::cache
