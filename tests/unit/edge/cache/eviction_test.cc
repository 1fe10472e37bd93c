#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "edge/cache/eviction/gdsf.h"
#include "edge/cache/eviction/ghost.h"
#include "edge/cache/eviction/registry.h"
#include "edge/cache/eviction/s3fifo.h"
#include "edge/cache/store.h"
#include "tests/unit/edge/cache/support_store.h"

namespace atl::cache {
namespace {

constexpr uint32_t kHandles = 1000;
constexpr const char* kNames[] = {"lru", "s3fifo", "gdsf"};

uint64_t hash_of(uint64_t n) { return (n + 1) * 0x9E3779B97F4A7C15ULL; }

TEST_CASE("eviction: the registry knows its names and no others") {
  for (const char* name : kNames) CHECK(make_policy(name) != nullptr);
  for (const char* name : {"", "LRU", "belady"}) CHECK(make_policy(name) == nullptr);
}

TEST_CASE("eviction: every policy evicts what is there, once, and in the end everything") {
  for (const char* name : kNames) {
    CAPTURE(name);
    std::mt19937 random(17);
    const auto policy = make_policy(name);
    CHECK(policy->evict() == kNoHandle);
    policy->resize(kHandles);
    std::vector<bool> present(kHandles);
    size_t count = 0;
    for (int step = 0; step < 100'000; ++step) {
      const unsigned action = random() % 10;
      const auto handle = static_cast<Handle>(random() % kHandles);
      const EvictionPolicy::Entry entry{hash_of(random() % 5000), random() % 100'000};
      if (action == 0) {
        const Handle victim = policy->evict();
        REQUIRE((victim == kNoHandle) == (count == 0));
        if (victim == kNoHandle) continue;
        REQUIRE(present.at(victim));
        present[victim] = false;
        --count;
      } else if (!present[handle]) {
        policy->on_insert(handle, entry);
        present[handle] = true;
        ++count;
      } else if (action < 6) {
        policy->on_hit(handle);
      } else if (action < 7) {
        policy->on_replace(handle, entry);
      } else {
        policy->on_remove(handle);
        present[handle] = false;
        --count;
      }
    }
    for (; count != 0; --count) {
      const Handle victim = policy->evict();
      REQUIRE(victim != kNoHandle);
      REQUIRE(present.at(victim));
      present[victim] = false;
    }
    CHECK(policy->evict() == kNoHandle);
  }
}

TEST_CASE("eviction: a policy takes at most 24 bytes for each handle beside a fixed part") {
  for (const char* name : kNames) {
    CAPTURE(name);
    const auto policy = make_policy(name);
    for (const uint32_t count : {256U, 1024U, 100'096U, 1'000'192U}) {
      // The list of blocks: 16 bytes for each 256 handles.
      CHECK(policy->memory_for(count) - policy->memory_for(0) <= count * 24 + count / 16);
    }
  }
}

TEST_CASE("eviction: the store stays within its capacity under every policy") {
  for (const char* name : kNames) {
    CAPTURE(name);
    std::mt19937 random(19);
    constexpr uint64_t kCapacity = 1 << 20;
    Store store(
        {.capacity = ByteSize{kCapacity}, .shards = 2, .hash_seed = 0, .make_policy = [name] {
           return make_policy(name);
         }});
    for (int step = 0; step < 20'000; ++step) {
      testing::Ingredients from;
      from.key = "key" + std::to_string(random() % 3000);
      if (random() % 2 == 0) {
        from.body = {std::string(random() % (random() % 50 == 0 ? 60'000 : 500), 'x')};
        store.insert(testing::make(from));
      } else {
        testing::find(store, from.key);
      }
      REQUIRE(store.statistics().bytes <= kCapacity);
    }
    const auto s = store.statistics();
    CHECK(s.bytes == s.object_bytes + s.index_bytes);
    CHECK(s.evictions > 1000);
    CHECK(s.bytes > kCapacity / 2);
  }
}

TEST_CASE("s3fifo: what was hit twice stays, what was not goes, what comes back stays") {
  S3Fifo policy;
  policy.resize(256);
  for (Handle h = 0; h < 4; ++h) policy.on_insert(h, {hash_of(h), 1000});
  policy.on_hit(0);
  policy.on_hit(0);
  policy.on_hit(1);                         // once is not enough
  CHECK(policy.evict() == 1);               // 0 moved to the main queue
  policy.on_insert(1, {hash_of(1), 1000});  // remembered: to the main queue at once
  CHECK(policy.evict() == 2);
  CHECK(policy.evict() == 3);
  CHECK(policy.evict() == 0);
  CHECK(policy.evict() == 1);
  CHECK(policy.evict() == kNoHandle);
}

TEST_CASE("gdsf: large goes before small, rare before frequent, old before new") {
  struct Row {
    uint64_t bytes[2];
    int hits[2];
    Handle first;
  };
  for (const Row& row : {Row{{1000, 100'000}, {0, 0}, 1}, Row{{100'000, 1000}, {0, 0}, 0},
                         Row{{1000, 1000}, {1, 0}, 1}, Row{{1000, 1000}, {0, 0}, 0},
                         Row{{100'000, 1000}, {200, 0}, 0}, Row{{4096, 1024}, {11, 0}, 1}}) {
    CAPTURE(row.first);
    Gdsf policy;
    policy.resize(256);
    for (Handle h = 0; h < 2; ++h) policy.on_insert(h, {hash_of(h), row.bytes[h]});
    for (Handle h = 0; h < 2; ++h) {
      for (int i = 0; i < row.hits[h]; ++i) policy.on_hit(h);
    }
    CHECK(policy.evict() == row.first);
    CHECK(policy.evict() == 1 - row.first);
  }
}

TEST_CASE("gdsf: what was popular once ages and leaves") {
  Gdsf policy;
  policy.resize(256);
  policy.on_insert(0, {hash_of(0), 1000});
  for (int i = 0; i < 100; ++i) policy.on_hit(0);
  policy.on_insert(1, {hash_of(1), 1000});
  int rounds = 0;
  for (Handle victim = policy.evict(); victim != 0; victim = policy.evict()) {
    REQUIRE(++rounds < 100);
    policy.on_insert(victim, {hash_of(1), 1000});
  }
  CHECK(rounds > 8);
}

TEST_CASE("ghost table: remembers until taken, and forgets when it grows") {
  GhostTable table;
  CHECK_FALSE(table.take(5));
  table.resize(256);
  table.remember(5);
  table.remember(7);
  table.resize(256);  // no growth
  CHECK(table.take(5));
  CHECK_FALSE(table.take(5));
  table.resize(4096);
  CHECK_FALSE(table.take(7));
  CHECK(GhostTable::memory_for(4096) == 4096 * 4);
}

}  // namespace
}  // namespace atl::cache
