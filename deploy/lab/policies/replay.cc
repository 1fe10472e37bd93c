#include "deploy/lab/policies/replay.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "edge/cache/eviction/pressure.h"
#include "edge/cache/eviction/registry.h"

namespace atl::lab {
namespace {

using cache::EvictionPolicy;
using cache::Handle;
using cache::kNoHandle;

constexpr uint32_t kGrowth = 256;  // handles, as cache::Index::kBlock

// SplitMix64's finaliser: object numbers are dense, hashes of keys are not.
uint64_t hash_of(uint32_t object) {
  uint64_t x = (object + 1) * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// What was asked of one policy, to be asked again of another.
struct Call {
  enum class Kind : uint8_t { Resize, Hit, Evict, Refuse, Insert, Look } kind;
  uint32_t shard;
  Handle handle;  // Resize: the count
  EvictionPolicy::Entry entry;
};

struct Shard {
  std::unique_ptr<EvictionPolicy> policy;
  std::vector<uint32_t> objects;  // by handle
  std::vector<Handle> free;
  uint64_t bytes = 0;
};

cache::PolicyMaker maker_of(const CacheShape& shape) {
  const cache::PolicySpace space{shape.capacity, shape.shards};
  auto maker = cache::policy_maker(shape.policy, space);
  return shape.second_request ? cache::with_second_request(std::move(maker), space) : maker;
}

class Cache {
 public:
  Cache(const Workload& workload, const CacheShape& shape)
      : workload_(workload),
        shape_(shape),
        shards_(shape.shards),
        pressure_(shape.shards),
        handles_(workload.sizes.size(), kNoHandle) {
    const auto maker = maker_of(shape);
    for (Shard& shard : shards_) shard.policy = maker();
  }

  // True when it was a hit.
  bool request(uint32_t object);
  const std::vector<Call>& calls() const { return calls_; }
  double metadata_per_object() const;

 private:
  uint32_t shard_of(uint64_t hash) const {
    const int bits = std::countr_zero(shards_.size());
    return bits == 0 ? 0 : static_cast<uint32_t>(hash >> (64 - bits));
  }
  void record(Call::Kind kind, uint32_t shard, Handle handle, EvictionPolicy::Entry entry = {}) {
    calls_.push_back({kind, shard, handle, entry});
  }
  void publish(uint32_t index) {
    pressure_.publish(index, shards_[index].policy->worth());
    record(Call::Kind::Look, index, kNoHandle);
  }
  void evict_near(uint32_t near);
  bool evict_from(uint32_t index);
  Handle new_handle(uint32_t index);

  const Workload& workload_;
  const CacheShape& shape_;
  std::vector<Shard> shards_;
  cache::Pressure pressure_;
  std::vector<Handle> handles_;  // by object
  std::vector<Call> calls_;
  uint64_t used_ = 0;
  uint32_t cursor_ = 0;
};

bool Cache::request(uint32_t object) {
  const EvictionPolicy::Entry entry{hash_of(object), workload_.sizes[object]};
  const uint32_t index = shard_of(entry.hash);
  Shard& shard = shards_[index];
  if (handles_[object] != kNoHandle) {
    shard.policy->on_hit(handles_[object], entry.hash);
    record(Call::Kind::Hit, index, handles_[object], entry);
    return true;
  }
  if (entry.bytes > shape_.capacity) return false;
  if (!shard.policy->admit(entry)) {
    record(Call::Kind::Refuse, index, kNoHandle, entry);
    return false;
  }
  while (used_ + entry.bytes > shape_.capacity) evict_near(index);
  const Handle handle = new_handle(index);
  shard.objects[handle] = object;
  shard.bytes += entry.bytes;
  used_ += entry.bytes;
  handles_[object] = handle;
  shard.policy->on_insert(handle, entry);
  record(Call::Kind::Insert, index, handle, entry);
  publish(index);
  return false;
}

Handle Cache::new_handle(uint32_t index) {
  Shard& shard = shards_[index];
  if (shard.free.empty()) {
    const auto count = static_cast<Handle>(shard.objects.size());
    shard.policy->resize(count + kGrowth);
    record(Call::Kind::Resize, index, count + kGrowth);
    shard.objects.resize(count + kGrowth);
    for (Handle handle = count + kGrowth; handle-- > count;) shard.free.push_back(handle);
  }
  const Handle handle = shard.free.back();
  shard.free.pop_back();
  return handle;
}

// The rules of cache::Store: where the least is lost, as far as policies can tell; else from the
// shard that grows if it has its share, else from each in turn.
void Cache::evict_near(uint32_t near) {
  while (const auto least = pressure_.least()) {
    const auto index = static_cast<uint32_t>(*least);
    const uint64_t published = pressure_.published(index);
    publish(index);
    if (pressure_.published(index) <= published && evict_from(index)) return;
  }
  if (shards_[near].bytes >= shape_.capacity / shards_.size() && evict_from(near)) return;
  while (!evict_from(cursor_++ % static_cast<uint32_t>(shards_.size()))) {
  }
}

bool Cache::evict_from(uint32_t index) {
  Shard& shard = shards_[index];
  const Handle victim = shard.policy->evict();
  if (victim == kNoHandle) return false;
  const uint32_t object = shard.objects[victim];
  record(Call::Kind::Evict, index, victim, {hash_of(object), workload_.sizes[object]});
  shard.policy->on_evicted(victim, static_cast<uint32_t>(hash_of(object)));
  publish(index);
  handles_[object] = kNoHandle;
  shard.free.push_back(victim);
  shard.bytes -= workload_.sizes[object];
  used_ -= workload_.sizes[object];
  return true;
}

// Beside the part that every shard has, empty or not.
double Cache::metadata_per_object() const {
  size_t memory = 0;
  size_t handles = 0;
  for (const Shard& shard : shards_) {
    const auto count = static_cast<uint32_t>(shard.objects.size());
    memory += shard.policy->memory_for(count) - shard.policy->memory_for(0);
    handles += count;
  }
  return handles == 0 ? 0 : static_cast<double>(memory) / static_cast<double>(handles);
}

double nanoseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

void repeat(const std::vector<Call>& calls,
            std::vector<std::unique_ptr<EvictionPolicy>>& policies) {
  for (const Call& call : calls) {
    EvictionPolicy& policy = *policies[call.shard];
    switch (call.kind) {
      case Call::Kind::Resize:
        policy.resize(call.handle);
        break;
      case Call::Kind::Hit:
        policy.on_hit(call.handle, call.entry.hash);
        break;
      case Call::Kind::Evict:
        policy.evict();
        policy.on_evicted(call.handle, static_cast<uint32_t>(call.entry.hash));
        break;
      case Call::Kind::Refuse:
        policy.admit(call.entry);
        break;
      case Call::Kind::Look:
        policy.worth();
        break;
      case Call::Kind::Insert:
        policy.on_insert(call.handle, call.entry);
        break;
    }
  }
}

// The time of everything together, then that of the hits alone on what the cache holds at the end;
// what is left is the misses'.
void measure(const std::vector<Call>& calls, const CacheShape& shape, Replayed& result) {
  const auto maker = maker_of(shape);
  std::vector<std::unique_ptr<EvictionPolicy>> policies(shape.shards);
  for (auto& policy : policies) policy = maker();
  const auto start = std::chrono::steady_clock::now();
  repeat(calls, policies);
  const double all = nanoseconds_since(start);

  std::vector<std::vector<bool>> present(shape.shards);
  std::vector<Call> hits;
  for (const Call& call : calls) {
    auto& here = present[call.shard];
    if (call.kind == Call::Kind::Resize) here.resize(call.handle);
    if (call.kind == Call::Kind::Insert) here[call.handle] = true;
    if (call.kind == Call::Kind::Evict) here[call.handle] = false;
  }
  for (const Call& call : calls) {
    if (call.kind == Call::Kind::Hit && present[call.shard][call.handle]) hits.push_back(call);
  }
  const auto begin = std::chrono::steady_clock::now();
  repeat(hits, policies);
  const double alone = nanoseconds_since(begin);
  if (!hits.empty()) result.hit_ns = alone / static_cast<double>(hits.size());
  const uint64_t misses = result.requests - result.hits;
  if (misses != 0) {
    result.miss_ns = std::max(0.0, all - result.hit_ns * static_cast<double>(result.hits)) /
                     static_cast<double>(misses);
  }
}

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<std::string> policy_names() {
  const auto names = cache::policy_names();
  return {names.begin(), names.end()};
}

double Replayed::object_hit_ratio() const { return ratio(hits, requests); }
double Replayed::byte_hit_ratio() const { return ratio(hit_bytes, bytes); }

Replayed replay(const Workload& workload, const CacheShape& shape) {
  Cache cache(workload, shape);
  Replayed result;
  for (const uint32_t object : workload.requests) {
    const uint64_t size = workload.sizes[object];
    ++result.requests;
    result.bytes += size;
    if (!cache.request(object)) continue;
    ++result.hits;
    result.hit_bytes += size;
  }
  result.metadata_per_object = cache.metadata_per_object();
  measure(cache.calls(), shape, result);
  return result;
}

}  // namespace atl::lab
