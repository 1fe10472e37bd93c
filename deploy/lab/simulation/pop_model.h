#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/flights.h"
#include "deploy/lab/simulation/path.h"
#include "edge/cache/store.h"
#include "lib/ring/ring.h"

namespace atl::lab {

// A PoP: the edge's own stores (edge/cache), one for each node, and lib/ring to say whose a key is.
// Objects stand for bodies that are not there (cache::Kind::Sized).
class PopModel {
 public:
  // `cache_bytes`: of all nodes together. `seed`: of the hash, the same for all PoPs.
  PopModel(unsigned nodes, uint64_t cache_bytes, const CacheSpec& cache, uint64_t seed);

  // An object's name as a key: the bytes of the number, which must outlive the view.
  static std::string_view key_of(const uint64_t& object) {
    return {reinterpret_cast<const char*>(&object), sizeof(object)};
  }

  // The node that owns the key.
  cache::Store& store_of(std::string_view key) {
    return stores_.size() == 1 ? *stores_[0] : *stores_[ring_.owner(ring::hash(key))];
  }
  cache::Store::Found find(const uint64_t& object, Tick now);
  uint64_t epoch(const uint64_t& object);

  struct Arrived {
    uint64_t object = 0;
    uint64_t bytes = 0;
    Span ttl{0};
    std::chrono::seconds age{0};  // that it had where it came from
    uint64_t epoch = 0;           // from when the fetch began
  };
  void store(const Arrived& arrived, Tick now);

  // Whether an object is of the share that a purge concerns: which ones is up to `salt`.
  static bool in_share(uint64_t object, double share, uint64_t salt) {
    return static_cast<double>(mix(object ^ mix(salt)) >> 11) * 0x1p-53 < share;
  }
  // Everything of which `share` is purged.
  void purge(double share, uint64_t salt, cache::Purge kind);
  void purge_object(const uint64_t& object, cache::Purge kind);

  // Loses what it holds.
  void go_down();
  void come_up() { up = true; }
  cache::Store::Statistics statistics() const;

  bool up = true;
  uint32_t life = 0;  // grows each time it goes down: what was under way is lost
  Flights flights;

 private:
  static WallTime wall(Tick now) {
    return WallTime{std::chrono::milliseconds{1'700'000'000'000 + now / kMillisecond}};
  }

  const CacheSpec& cache_;
  ring::Ring ring_;
  std::vector<std::unique_ptr<cache::Store>> stores_;  // by the ring's index
};

}  // namespace atl::lab
