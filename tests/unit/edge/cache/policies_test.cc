#include <doctest/doctest.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "edge/cache/eviction/cq.h"
#include "edge/cache/eviction/guard.h"
#include "edge/cache/eviction/lru.h"
#include "edge/cache/eviction/registry.h"
#include "edge/cache/eviction/sieve.h"
#include "edge/cache/eviction/sketch.h"
#include "edge/cache/eviction/wtinylfu.h"

namespace atl::cache {
namespace {

constexpr PolicySpace kSpace{uint64_t{1} << 30, 1};
constexpr uint64_t kPage = 16'384;

uint64_t hash_of(uint64_t n) {
  const uint64_t x = (n + 1) * 0x9E3779B97F4A7C15ULL;
  return (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9ULL;
}

TEST_CASE("sieve: evicts exactly what a list with a hand would") {
  std::mt19937 random(29);
  Sieve policy;
  policy.resize(256);
  std::list<Handle> order;  // oldest first
  std::map<Handle, bool> visited;
  auto hand = order.end();
  const auto erase = [&](std::list<Handle>::iterator at) {
    visited.erase(*at);
    if (at == hand) ++hand;
    order.erase(at);
  };
  for (int step = 0; step < 50'000; ++step) {
    const auto handle = static_cast<Handle>(random() % 200);
    const unsigned action = random() % 10;
    if (!visited.contains(handle)) {
      policy.on_insert(handle, {});
      order.push_back(handle);
      visited[handle] = false;
    } else if (action < 6) {
      policy.on_hit(handle, 0);
      visited[handle] = true;
    } else if (action < 7) {
      policy.on_remove(handle);
      erase(std::find(order.begin(), order.end(), handle));
    } else {
      if (hand == order.end()) hand = order.begin();
      while (visited[*hand]) {
        visited[*hand] = false;
        if (++hand == order.end()) hand = order.begin();
      }
      const Handle want = *hand;
      erase(hand);
      REQUIRE(policy.evict() == want);
    }
  }
}

TEST_CASE("w-tinylfu: what is asked for more often for its size stays") {
  struct Row {
    uint64_t bytes;
    int hits;
    bool stays;
  };
  // Against 200 objects of 10,000 bytes, each asked for twice.
  for (const Row& row :
       {Row{10'000, 0, false}, Row{10'000, 5, true}, Row{400, 0, true}, Row{100'000, 5, false}}) {
    CAPTURE(row.bytes);
    CAPTURE(row.hits);
    WTinyLfu policy;
    policy.resize(512);
    for (Handle h = 0; h < 200; ++h) {
      policy.on_insert(h, {hash_of(h), 10'000});
      policy.on_hit(h, hash_of(h));
    }
    policy.evict();  // the main part fills from the window
    policy.on_insert(300, {hash_of(300), row.bytes});
    for (int i = 0; i < row.hits; ++i) policy.on_hit(300, hash_of(300));
    bool left = false;
    for (uint64_t n = 1000; n < 1060; ++n) {
      const Handle victim = policy.evict();
      left = left || victim == 300;
      policy.on_insert(victim, {hash_of(n), 10'000});
    }
    CHECK(left != row.stays);
  }
}

TEST_CASE("sketch: counts to fifteen, fades by halves, and tells keys apart") {
  FrequencySketch sketch;
  sketch.add(1);
  CHECK(sketch.estimate(1) == 0);  // no room yet
  sketch.resize(1024);
  for (int i = 0; i < 5; ++i) sketch.add(0x12345678);
  CHECK(sketch.estimate(0x12345678) == 5);
  CHECK(sketch.estimate(0x87654321) == 0);
  for (int i = 0; i < 100; ++i) sketch.add(0x12345678);
  CHECK(sketch.estimate(0x12345678) == 15);
  for (int i = 0; i < 512 * 20; ++i) sketch.add(0x87654321);
  CHECK(sketch.estimate(0x12345678) == 7);
  CHECK(FrequencySketch::memory_for(1024) == 4096);
}

TEST_CASE("second request: all is admitted until something leaves, then what comes twice") {
  const PolicyMaker maker = with_second_request(policy_maker("lru", kSpace), kSpace);
  const auto policy = maker();
  policy->resize(256);
  CHECK(policy->admit({hash_of(1), 100}));
  policy->on_insert(1, {hash_of(1), 100});
  CHECK(policy->evict() == 1);
  policy->on_evicted(1, static_cast<uint32_t>(hash_of(1)));
  CHECK_FALSE(policy->admit({hash_of(2), 100}));
  CHECK(policy->admit({hash_of(2), 100}));
  CHECK_FALSE(policy->admit({hash_of(2), 100}));  // that was used up
  CHECK(policy->admit({hash_of(1), 100}));        // evicted: asked for before
  CHECK(policy->memory_for(4096) >= policy_maker("lru", kSpace)()->memory_for(4096) + 4096 * 4);
}

std::unique_ptr<EvictionPolicy> make_rival(uint64_t capacity) {
  return std::make_unique<Cq>(PolicySpace{capacity, 1}, std::make_shared<CqShared>());
}

// Each object is asked for a while, then never again.
std::vector<uint64_t> recency(size_t count) {
  std::mt19937 random(37);
  std::vector<uint64_t> keys;
  for (uint64_t n = 0; n < count; ++n) keys.push_back(n / 20 + random() % 900);
  return keys;
}

// Some always, among many once.
std::vector<uint64_t> frequency(size_t count) {
  std::mt19937 random(41);
  std::vector<uint64_t> keys;
  for (uint64_t n = 0; n < count; ++n) {
    keys.push_back(n % 3 == 0 ? 10'000'000 + random() % 800 : 20'000'000 + n);
  }
  return keys;
}

TEST_CASE("guard: LRU where recency is all, its rival where frequency is, and back again") {
  Guard guard(1000 * kPage, make_rival);
  const auto ask = [&](const std::vector<uint64_t>& keys) {
    for (const uint64_t key : keys) guard.request(hash_of(key), kPage);
  };
  CHECK_FALSE(guard.prefers_lru());
  ask(recency(400'000));
  CHECK(guard.prefers_lru());
  ask(frequency(400'000));
  CHECK_FALSE(guard.prefers_lru());
  ask(recency(400'000));
  CHECK(guard.prefers_lru());
}

TEST_CASE("guard: says nothing of a small cache, keeps its memory whatever comes") {
  Guard small(100 * kPage, make_rival);
  for (const uint64_t key : recency(200'000)) small.request(hash_of(key), kPage);
  CHECK_FALSE(small.prefers_lru());
  Guard large(uint64_t{1} << 30, make_rival);
  const size_t before = large.memory();
  CHECK(before < (1 << 30) / 4096);
  for (uint64_t n = 0; n < 400'000; ++n) large.request(hash_of(n), 1000);
  CHECK(large.memory() == before);
}

TEST_CASE("shadow cache: holds what the policy would, and half of it after halving") {
  ShadowCache shadow(std::make_unique<Lru>(), 1000, 64);
  for (uint64_t n = 0; n < 10; ++n) CHECK_FALSE(shadow.request(n, 100));
  CHECK(shadow.request(0, 100));
  CHECK_FALSE(shadow.request(10, 100));  // pushes out 1
  CHECK_FALSE(shadow.request(1, 100));   // and that 2
  CHECK(shadow.request(0, 100));
  CHECK_FALSE(shadow.request(99, 2000));  // too large
  CHECK(shadow.count() == 10);
  shadow.halve(1);  // keeps even ones
  CHECK(shadow.capacity() == 500);
  CHECK(shadow.count() <= 5);
  CHECK(shadow.request(0, 100));
  CHECK_FALSE(shadow.request(1, 100));
}

// Hits of a cache of 1,000 pages.
int hits_of(EvictionPolicy& policy, const std::vector<uint64_t>& keys) {
  policy.resize(1024);
  std::map<uint64_t, Handle> where;
  std::vector<uint64_t> held(1024);
  std::vector<Handle> free;
  for (Handle handle = 0; handle < 1000; ++handle) free.push_back(handle);
  int hits = 0;
  for (const uint64_t key : keys) {
    if (const auto at = where.find(key); at != where.end()) {
      policy.on_hit(at->second, hash_of(key));
      ++hits;
      continue;
    }
    policy.admit({hash_of(key), kPage});
    if (free.empty()) {
      const Handle victim = policy.evict();
      REQUIRE(where.erase(held[victim]) == 1);
      policy.on_evicted(victim, static_cast<uint32_t>(hash_of(held[victim])));
      free.push_back(victim);
    }
    const Handle handle = free.back();
    free.pop_back();
    held[handle] = key;
    where[key] = handle;
    policy.on_insert(handle, {hash_of(key), kPage});
  }
  return hits;
}

TEST_CASE("cq: while LRU answers more it is LRU, and afterwards itself again") {
  const PolicyMaker guarded = policy_maker("cq", {1000 * kPage, 1});
  const auto early = recency(400'000);
  const auto late = frequency(400'000);
  auto both = early;
  both.insert(both.end(), late.begin(), late.end());
  Lru lru;
  const int lru_early = hits_of(lru, early);
  CHECK(hits_of(*make_rival(1000 * kPage), early) < lru_early * 95 / 100);
  CHECK(hits_of(*policy_maker("cq", {1000 * kPage, 1})(), early) > lru_early * 98 / 100);
  Lru other;
  const int cq_late = hits_of(*make_rival(1000 * kPage), late);
  CHECK(hits_of(other, late) < cq_late * 90 / 100);
  CHECK(hits_of(*guarded(), both) > lru_early * 98 / 100 + cq_late * 90 / 100);
}

}  // namespace
}  // namespace atl::cache
