#include <doctest/doctest.h>

#include <cmath>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "edge/cache/eviction/cq.h"
#include "edge/cache/eviction/gdsf.h"
#include "edge/cache/eviction/ghost.h"
#include "edge/cache/eviction/history.h"
#include "edge/cache/eviction/pressure.h"
#include "edge/cache/eviction/registry.h"
#include "edge/cache/eviction/s3fifo.h"
#include "edge/cache/store.h"
#include "tests/unit/edge/cache/support_store.h"

namespace atl::cache {
namespace {

constexpr uint32_t kHandles = 1000;
constexpr const char* kNames[] = {"lru", "s3fifo", "sieve", "w-tinylfu", "gdsf", "cq"};

constexpr PolicySpace kSpace{uint64_t{1} << 30, 1};

std::unique_ptr<EvictionPolicy> make_policy(std::string_view name) {
  const PolicyMaker maker = policy_maker(name, kSpace);
  return maker ? maker() : nullptr;
}

uint64_t hash_of(uint64_t n) { return (n + 1) * 0x9E3779B97F4A7C15ULL; }

TEST_CASE("eviction: the registry knows its names and no others") {
  for (const char* name : kNames) CHECK(make_policy(name) != nullptr);
  CHECK(policy_names().size() == std::size(kNames));
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
        policy->on_evicted(victim, static_cast<uint32_t>(hash_of(random() % 5000)));
        present[victim] = false;
        --count;
      } else if (action == 1) {
        REQUIRE((policy->worth() == EvictionPolicy::kIncomparable || count != 0));
      } else if (!present[handle]) {
        policy->on_insert(handle, entry);
        present[handle] = true;
        ++count;
      } else if (action < 6) {
        policy->on_hit(handle, hash_of(handle));
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
    Store store({.capacity = ByteSize{kCapacity},
                 .shards = 2,
                 .hash_seed = 0,
                 .make_policy = policy_maker(name, {kCapacity, 2})});
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
  S3Fifo policy(kSpace);
  policy.resize(256);
  for (Handle h = 0; h < 4; ++h) policy.on_insert(h, {hash_of(h), 1000});
  policy.on_hit(0, hash_of(0));
  policy.on_hit(0, hash_of(0));
  policy.on_hit(1, hash_of(1));             // once is not enough
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
      for (int i = 0; i < row.hits[h]; ++i) policy.on_hit(h, hash_of(h));
    }
    CHECK(policy.evict() == row.first);
    CHECK(policy.evict() == 1 - row.first);
  }
}

TEST_CASE("gdsf: what was popular once ages and leaves") {
  Gdsf policy;
  policy.resize(256);
  policy.on_insert(0, {hash_of(0), 1000});
  for (int i = 0; i < 100; ++i) policy.on_hit(0, hash_of(0));
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

Cq make_cq(PolicySpace space = kSpace) { return Cq(space, std::make_shared<CqShared>()); }

TEST_CASE("s3fifo, cq: what would fill much of the cache is not admitted") {
  S3Fifo s3fifo({1000, 4});
  CHECK(s3fifo.admit({1, 100}));
  CHECK_FALSE(s3fifo.admit({1, 101}));
  Cq cq = make_cq({1000, 4});
  CHECK(cq.admit({1, 200}));
  CHECK_FALSE(cq.admit({1, 201}));
}

TEST_CASE("cq: large goes before small, rare before frequent, old before new") {
  struct Row {
    uint64_t bytes[2];
    int hits[2];
    Handle first;
  };
  for (const Row& row : {Row{{2000, 200'000}, {0, 0}, 1}, Row{{200'000, 2000}, {0, 0}, 0},
                         Row{{2000, 2000}, {1, 0}, 1}, Row{{2000, 2000}, {0, 0}, 0},
                         Row{{8192, 4096}, {1, 0}, 1},    // 2^0.5 * 2^1.2 / 2 > 1
                         Row{{32'768, 4096}, {1, 0}, 0},  // but not / 8
                         Row{{1 << 30, 2000}, {250, 0}, 0}, Row{{1, 1000}, {0, 0}, 0}}) {
    CAPTURE(row.bytes[0]);
    CAPTURE(row.hits[0]);
    Cq policy = make_cq();
    policy.resize(256);
    for (Handle h = 0; h < 2; ++h) policy.on_insert(h, {hash_of(h), row.bytes[h]});
    for (Handle h = 0; h < 2; ++h) {
      for (int i = 0; i < row.hits[h]; ++i) policy.on_hit(h, hash_of(h));
    }
    CHECK(policy.evict() == row.first);
    CHECK(policy.evict() == 1 - row.first);
  }
}

TEST_CASE("cq: what comes back goes on with the count it left with") {
  Cq policy = make_cq();
  policy.resize(256);
  policy.on_insert(0, {hash_of(0), 2000});
  for (int i = 0; i < 20; ++i) policy.on_hit(0, hash_of(0));
  CHECK(policy.evict() == 0);
  policy.on_evicted(0, static_cast<uint32_t>(hash_of(0)));
  policy.on_insert(0, {hash_of(0), 2000});  // known
  policy.on_insert(1, {hash_of(1), 2000});  // and not
  CHECK(policy.evict() == 1);
}

TEST_CASE("cq: what was popular once ages and leaves") {
  Cq policy = make_cq();
  policy.resize(256);
  policy.on_insert(0, {hash_of(0), 2000});
  for (int i = 0; i < 100; ++i) policy.on_hit(0, hash_of(0));
  policy.on_insert(1, {hash_of(1), 2000});
  int rounds = 0;
  for (Handle victim = policy.evict(); victim != 0; victim = policy.evict()) {
    REQUIRE(++rounds < 1000);
    policy.on_insert(victim, {hash_of(1), 2000});
  }
  CHECK(rounds > 50);
}

// The same rule over a list, by looking at everything: no queues, no tournament, no wrapping ages.
class CqModel {
 public:
  void insert(Handle handle, uint64_t bytes, unsigned known) {
    entries_[handle] = {.bytes = bytes, .count = std::min(known + 1, 255U)};
    queue(handle);
  }
  void hit(Handle handle) {
    Entry& e = entries_[handle];
    e.count = std::min(e.count + 1, 255U);
    e.touched = true;
  }
  void replace(Handle handle, uint64_t bytes) {
    entries_[handle].bytes = bytes;
    hit(handle);
  }
  void remove(Handle handle) {
    order_.remove(handle);
    entries_.erase(handle);
  }
  unsigned count(Handle handle) const { return entries_.at(handle).count; }
  Handle evict() {
    while (!order_.empty()) {
      const Handle least = *std::min_element(order_.begin(), order_.end(), [&](Handle a, Handle b) {
        const Entry& x = entries_[a];
        const Entry& y = entries_[b];
        return std::pair(x.worth, x.queue) < std::pair(y.worth, y.queue);
      });
      if (!entries_[least].touched) {
        age_ = std::max(age_, entries_[least].worth);
        order_.remove(least);
        return least;
      }
      order_.remove(least);
      queue(least);
    }
    return kNoHandle;
  }

 private:
  struct Entry {
    uint64_t bytes = 0;
    unsigned count = 0;
    bool touched = false;
    int queue = 0;
    uint64_t worth = 0;
  };
  static int eighths_of_size(uint64_t bytes) {
    const double size = std::clamp<double>(static_cast<double>(bytes), 1024, 2147483648.0);
    const int whole = static_cast<int>(std::floor(std::log2(size)));
    return (whole - 10) * 8 + static_cast<int>((size / std::exp2(whole) - 1) * 8);
  }
  void queue(Handle handle) {
    Entry& e = entries_[handle];
    const double often = std::min(e.count, 64U);
    e.queue = 168 - eighths_of_size(e.bytes) +
              (often == 1 ? 0 : static_cast<int>(std::lround(8 * (0.5 + 1.2 * std::log2(often)))));
    e.worth = age_ + static_cast<uint64_t>(std::llround(std::exp2(e.queue / 8.0 + 1)));
    e.touched = false;
    order_.push_back(handle);
  }

  std::map<Handle, Entry> entries_;
  std::list<Handle> order_;  // as queued
  uint64_t age_ = 0;
};

TEST_CASE("cq: evicts exactly what a search through everything would") {
  std::mt19937 random(23);
  constexpr uint32_t kFew = 200;
  Cq policy = make_cq();
  policy.resize(256);
  CqModel model;
  std::vector<bool> present(kFew);
  std::map<uint32_t, unsigned> left;  // tag -> count; far fewer than the history has places
  const auto tag = [](Handle handle) { return static_cast<uint32_t>(hash_of(handle)); };
  for (int step = 0; step < 60'000; ++step) {
    const auto handle = static_cast<Handle>(random() % (1 + random() % kFew));
    const uint64_t bytes = uint64_t{1} << (random() % 34) << (random() % 2);
    const unsigned action = random() % 20;
    if (!present[handle]) {
      policy.on_insert(handle, {hash_of(handle), bytes});
      model.insert(handle, bytes, left[tag(handle)]);
      left[tag(handle)] = 0;
      present[handle] = true;
    } else if (action < 12) {
      policy.on_hit(handle, hash_of(handle));
      model.hit(handle);
    } else if (action < 13) {
      policy.on_replace(handle, {hash_of(handle), bytes});
      model.replace(handle, bytes);
    } else if (action < 14) {
      policy.on_remove(handle);
      model.remove(handle);
      present[handle] = false;
    } else {
      const Handle victim = policy.evict();
      REQUIRE(victim == model.evict());
      policy.on_evicted(victim, tag(victim));
      left[tag(victim)] = model.count(victim);
      present[victim] = false;
    }
  }
}

TEST_CASE("cq: shards of one store compare, and evict as one would") {
  const PolicyMaker maker = policy_maker("cq", {uint64_t{1} << 30, 2});
  const auto a = maker();
  const auto b = maker();
  CHECK(a->worth() == EvictionPolicy::kIncomparable);
  a->resize(256);
  b->resize(256);
  a->on_insert(0, {hash_of(0), 4000});
  b->on_insert(0, {hash_of(1), 8000});
  b->on_insert(1, {hash_of(2), 2000});
  CHECK(b->worth() < a->worth());
  b->evict();
  CHECK(a->worth() < b->worth());
  a->evict();  // b is older by as much as was evicted since
  a->on_insert(0, {hash_of(3), 2000});
  CHECK(b->worth() < a->worth());
}

TEST_CASE("pressure: names the shard where least is lost, if any can tell") {
  Pressure pressure(3);
  CHECK_FALSE(pressure.least());
  pressure.publish(1, 50);
  CHECK(pressure.least() == 1);
  pressure.publish(2, 40);
  CHECK(pressure.least() == 2);
  pressure.publish(2, EvictionPolicy::kIncomparable);
  CHECK(pressure.least() == 1);
}

TEST_CASE("history: counts stay until taken, the oldest of a bucket go first, growth forgets") {
  History history(64);
  CHECK(history.take(0) == 0);
  history.remember(0, 7);
  history.remember(0x12345678, 255);
  history.resize(64);  // no growth
  CHECK(history.take(0) == 7);
  CHECK(history.take(0) == 0);
  CHECK(history.take(0x12345678) == 255);
  for (uint32_t n = 0; n < 1000; ++n) history.remember(n * 0x01000193U, 1);
  size_t kept = 0;
  for (uint32_t n = 0; n < 1000; ++n) kept += history.take(n * 0x01000193U);
  CHECK(kept <= 64);
  CHECK(kept > 32);
  history.remember(5, 3);
  history.resize(4096);
  CHECK(history.take(5) == 0);
  CHECK(history.memory_for(4096) == 4096 * 4);
}

}  // namespace
}  // namespace atl::cache
