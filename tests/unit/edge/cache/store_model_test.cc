// The store against a plain model, and under threads. Fixed seeds.

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "edge/cache/eviction/lru.h"
#include "edge/cache/eviction/registry.h"
#include "edge/cache/index.h"
#include "tests/unit/edge/cache/support_store.h"

using namespace std::chrono_literals;
using atl::ByteSize;
using atl::cache::Handle;
using atl::cache::Index;
using atl::cache::kNoHandle;
using atl::cache::Lru;
using atl::cache::make_refreshed;
using atl::cache::Object;
using atl::cache::Pin;
using atl::cache::Purge;
using atl::cache::Store;
using atl::cache::testing::body_of;
using atl::cache::testing::find;
using atl::cache::testing::Ingredients;
using atl::cache::testing::kNow;
using atl::cache::testing::make;
using atl::cache::testing::variant_of;

namespace {

// Body that says what it is, so that a wrong answer shows.
std::string body_for(const std::string& key, uint32_t version, size_t size) {
  std::string body = key + "#" + std::to_string(version) + "#";
  body.resize(std::max(size, body.size()), '.');
  return body;
}

}  // namespace

TEST_CASE("store model: with room for everything it holds exactly what a map would") {
  std::mt19937 random(20'251'124);
  Store store(ByteSize{256 << 20}, 4);
  std::map<std::string, std::string> model;  // key and variant -> body
  for (uint32_t step = 0; step < 40'000; ++step) {
    const std::string key = "key" + std::to_string(random() % 500);
    const std::string request = "Foo: " + std::to_string(random() % 3);
    const std::string id = key + "|" + request;
    const unsigned action = random() % 100;
    if (action < 40) {
      Ingredients from;
      from.key = key;
      from.variant_key = variant_of(request.c_str(), "Vary: Foo");
      from.body = {body_for(id, step, random() % 40'000)};
      REQUIRE(store.insert(make(from)));
      model[id] = from.body[0];
    } else if (action < 90) {
      const auto found = find(store, key, request.c_str());
      const auto known = model.find(id);
      REQUIRE(static_cast<bool>(found) == (known != model.end()));
      if (found) REQUIRE(body_of(*found.object) == known->second);
    } else if (action < 98) {
      const auto from = model.lower_bound(key + "|");
      auto to = from;
      size_t count = 0;
      for (; to != model.end() && to->first.starts_with(key + "|"); ++to) ++count;
      REQUIRE(store.remove(key, store.hash(key)) == count);
      model.erase(from, to);
    } else if (action == 98) {
      const auto found = find(store, key, request.c_str());
      if (found)
        REQUIRE(store.refresh(found.object, *make_refreshed(*found.object, found.object->head(),
                                                            found.object->meta())));
    } else if (step % 1000 == 0) {
      store.clear();
      model.clear();
    }
  }
  CHECK(store.statistics().objects == model.size());
  CHECK(store.statistics().evictions == 0);
}

TEST_CASE("store model: short of room it may forget, but never errs nor overflows") {
  std::mt19937 random(7);
  constexpr uint64_t kCapacity = 400'000;
  Store store(ByteSize{kCapacity}, 2);
  std::map<std::string, uint32_t> newest;
  for (uint32_t step = 0; step < 30'000; ++step) {
    const std::string key = "key" + std::to_string(random() % 3000);
    if (random() % 2 == 0) {
      Ingredients from;
      from.key = key;
      from.body = {body_for(key, step, random() % (random() % 50 == 0 ? 60'000 : 500))};
      if (store.insert(make(from))) newest[key] = step;
    } else if (const auto found = find(store, key)) {
      REQUIRE(body_of(*found.object).starts_with(key + "#" + std::to_string(newest[key]) + "#"));
    }
    REQUIRE(store.statistics().bytes <= kCapacity);
  }
  const auto s = store.statistics();
  CHECK(s.bytes == s.object_bytes + s.index_bytes);
  CHECK(s.evictions > 1000);
  CHECK(s.bytes > kCapacity / 2);
}

TEST_CASE("store model: LRU evicts in exactly the order a list would") {
  std::mt19937 random(11);
  Lru lru;
  lru.resize(1000);
  std::vector<Handle> order;  // oldest first
  for (int step = 0; step < 50'000; ++step) {
    const unsigned action = random() % 10;
    const auto handle = static_cast<Handle>(random() % 1000);
    const auto at = std::find(order.begin(), order.end(), handle);
    if (at == order.end()) {
      lru.on_insert(handle, {});
      order.push_back(handle);
    } else if (action < 5) {
      lru.on_hit(handle, 0);
      order.erase(at);
      order.push_back(handle);
    } else if (action < 6) {
      lru.on_replace(handle, {});
      order.erase(at);
      order.push_back(handle);
    } else if (action < 7) {
      lru.on_remove(handle);
      order.erase(at);
    } else {
      const Handle victim = lru.evict();
      REQUIRE(victim == order.front());
      order.erase(order.begin());
    }
  }
  for (const Handle handle : order) REQUIRE(lru.evict() == handle);
  CHECK(lru.evict() == kNoHandle);
}

TEST_CASE("store model: the index finds everything while it grows, newest first") {
  std::mt19937 random(13);
  Index index;
  CHECK(index.first(1) == kNoHandle);
  std::multimap<uint32_t, Handle> model;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 4 != 0 || model.empty()) {
      if (index.full()) index.grow();
      const uint32_t tag = random() % 3000 * 0x9e3779b9U;
      const Handle handle = index.add(tag, reinterpret_cast<const Object*>(uintptr_t{8}), ~tag);
      REQUIRE(index.first(tag) == handle);
      model.emplace(tag, handle);
    } else {
      auto it = model.lower_bound(static_cast<uint32_t>(random()));
      if (it == model.end()) it = model.begin();
      index.remove(it->second);
      model.erase(it);
    }
    REQUIRE(index.used() == model.size());
  }
  size_t longest = 0;
  for (auto it = model.begin(); it != model.end();) {
    const uint32_t tag = it->first;
    std::vector<Handle> want;
    for (; it != model.end() && it->first == tag; ++it) want.insert(want.begin(), it->second);
    std::vector<Handle> got;
    size_t steps = 0;
    for (Handle h = index.first(tag); h != kNoHandle; h = index.next(h), ++steps) {
      if (index.tag(h) != tag) continue;
      REQUIRE(index.keys(h) == ~tag);
      got.push_back(h);
    }
    longest = std::max(longest, steps);
    REQUIRE(got == want);
  }
  CHECK(longest < 40);  // a few tags share a bucket, each a handful of times
}

namespace {

void run_four_threads(const char* policy) {
  constexpr uint64_t kCapacity = 2 << 20;
  constexpr int kSteps = 8000;
  Store store({.capacity = ByteSize{kCapacity},
               .shards = 4,
               .hash_seed = 0,
               .make_policy = atl::cache::policy_maker(policy, {kCapacity, 4})});
  std::atomic<int> wrong{0};
  std::atomic<int> over{0};
  std::atomic<int> hits{0};
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int step = 0; step < kSteps; ++step) {
      const std::string key = "key" + std::to_string(random() % 400);
      const uint64_t hash = store.hash(key);
      switch (random() % 16) {
        case 0:
        case 1:
        case 2:
        case 3: {
          const auto epoch = store.purge_epoch(hash);
          Ingredients from;
          from.key = key;
          from.body = {body_for(key, seed, random() % (random() % 20 == 0 ? 100'000 : 3000))};
          store.insert(make(from), epoch);
          break;
        }
        case 4:
          store.remove(key, hash, random() % 2 == 0 ? Purge::Soft : Purge::Hard);
          break;
        case 5:
          if (const auto found = find(store, key)) {
            store.refresh(found.object, *make_refreshed(*found.object, found.object->head(),
                                                        found.object->meta()));
          }
          break;
        case 6:
          if (random() % 200 == 0) store.remove_prefix("key1");
          store.mark_uncacheable(hash, kNow + 1s);
          store.known_uncacheable(hash, kNow);
          break;
        default:
          if (const auto found = find(store, key)) {
            ++hits;
            if (!body_of(*found.object).starts_with(key + "#")) ++wrong;
          }
      }
      if (store.statistics().bytes > kCapacity) ++over;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(over == 0);
  CHECK(hits > kSteps);
  const auto s = store.statistics();
  CHECK(s.bytes == s.object_bytes + s.index_bytes);
  store.clear();
  CHECK(store.statistics().objects == 0);
  CHECK(store.statistics().object_bytes == 0);
}

}  // namespace

TEST_CASE("store model: four threads insert, find, refresh and purge") {
  for (const char* policy : {"lru", "w-tinylfu", "cq"}) {
    CAPTURE(policy);
    run_four_threads(policy);
  }
}
