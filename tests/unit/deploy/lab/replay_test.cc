#include "deploy/lab/policies/replay.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <list>
#include <random>

namespace atl::lab {
namespace {

// Requests for `objects` objects of unlike sizes, some far more often than others.
Workload skewed(uint32_t objects, size_t requests) {
  std::mt19937 random(5);
  Workload w{.name = "skewed"};
  for (uint32_t i = 0; i < objects; ++i) {
    w.sizes.push_back(1 + random() % 10'000);
    w.footprint += w.sizes.back();
  }
  for (size_t i = 0; i < requests; ++i) {
    w.requests.push_back(static_cast<uint32_t>(random() % (1 + random() % objects)));
  }
  return w;
}

struct Model {
  uint64_t hits = 0;
  uint64_t hit_bytes = 0;
};

// LRU as a list, the slow way.
Model lru_model(const Workload& w, uint64_t capacity) {
  Model m;
  std::list<uint32_t> order;  // newest first
  uint64_t used = 0;
  for (const uint32_t object : w.requests) {
    const auto at = std::find(order.begin(), order.end(), object);
    if (at != order.end()) {
      ++m.hits;
      m.hit_bytes += w.sizes[object];
      order.splice(order.begin(), order, at);
      continue;
    }
    if (w.sizes[object] > capacity) continue;
    for (used += w.sizes[object]; used > capacity; order.pop_back()) used -= w.sizes[order.back()];
    order.push_front(object);
  }
  return m;
}

TEST_CASE("replay: lru hits exactly what a list would, however small the cache") {
  const Workload w = skewed(500, 20'000);
  for (const uint64_t capacity :
       {uint64_t{0}, uint64_t{5000}, w.footprint / 100, w.footprint / 5, w.footprint}) {
    CAPTURE(capacity);
    const Replayed r = replay(w, {"lru", capacity, 1});
    const Model m = lru_model(w, capacity);
    CHECK(r.requests == 20'000);
    CHECK(r.hits == m.hits);
    CHECK(r.hit_bytes == m.hit_bytes);
  }
}

TEST_CASE("replay: with room for everything each object misses once, in any number of shards") {
  const Workload w = skewed(300, 5000);  // none is large enough not to be admitted
  const uint64_t asked = lru_model(w, w.footprint).hits;
  for (const std::string& policy : policy_names()) {
    for (const unsigned shards : {1U, 4U, 64U}) {
      CAPTURE(policy);
      CAPTURE(shards);
      CHECK(replay(w, {policy, w.footprint, shards}).hits == asked);
    }
  }
}

TEST_CASE("replay: the same arguments give the same hits, and every policy has its costs") {
  const Workload w = skewed(2000, 20'000);
  for (const std::string& policy : policy_names()) {
    CAPTURE(policy);
    const Replayed a = replay(w, {policy, w.footprint / 10, 4});
    const Replayed b = replay(w, {policy, w.footprint / 10, 4});
    CHECK(a.hits == b.hits);
    CHECK(a.hit_bytes == b.hit_bytes);
    CHECK(a.hits > 0);
    CHECK(a.hits < a.requests);
    CHECK(a.hit_ns > 0);
    CHECK(a.miss_ns > 0);
    CHECK(a.metadata_per_object > 0);
  }
}

}  // namespace
}  // namespace atl::lab
