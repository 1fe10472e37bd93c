#pragma once

#include <utility>

#include "edge/cache/eviction/registry.h"
#include "edge/cache/store.h"
#include "edge/config.h"
#include "edge/disk/tier_slot.h"
#include "edge/fetch/flight_table.h"
#include "edge/fetch/hot_keys.h"
#include "edge/fetch/origin_book.h"
#include "edge/fetch/purge_marks.h"
#include "edge/fetch/retention_budget.h"
#include "edge/identity.h"
#include "lib/base/clock.h"
#include "lib/geo/database.h"

namespace atl::edge {

// The one thing all workers of a process share (docs/adr/0004). Every member may be used from any
// thread. Outlives the workers.
struct Shared {
  Shared(const Config& with, const Clock& with_clock, uint64_t hash_seed)
      : config(with),
        clock(with_clock),
        identity(Identity::of(with.pop, with.node)),
        store({.capacity = with.cache_memory,
               .shards = with.cache_shards,
               .hash_seed = hash_seed,
               .make_policy = policies(with)}),
        flights(with.cache_shards),
        budget(with.retained.count),
        origins(with_clock) {}

  // What decides which objects the cache keeps, by the configuration's names.
  static cache::PolicyMaker policies(const Config& with) {
    const cache::PolicySpace space{with.cache_memory.count, with.cache_shards};
    auto maker = cache::policy_maker(with.cache_policy, space);
    return with.cache_second_request ? cache::with_second_request(std::move(maker), space) : maker;
  }

  const Config config;
  const Clock& clock;
  const Identity identity;
  cache::Store store;
  FlightTable flights;
  RetentionBudget budget;
  OriginBook origins;
  HotKeys hot;
  PurgeMarks purges;
  // Null without [[edge.disk]]. Filled before the workers start.
  disk::TierSlot disk;
  // Null without place_database. Set before the workers start.
  std::shared_ptr<const geo::Database> places;
};

}  // namespace atl::edge
