#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edge/fetch/retention_budget.h"
#include "edge/fetch/transfer.h"
#include "lib/net/loop.h"

namespace atl::edge {

class FlightTable;

// What a fetch is registered under.
struct FlightName {
  std::string_view key;  // cache::build_key()
  uint64_t hash = 0;     // of it
  // Empty in the first attempt of a request. A request whose variant the first flight turned out
  // not to be tries again with its own variant key. A fetch of a part has the part in it
  // (part_name()), so that it meets only those who want the same one.
  std::string_view variant;
};

// A fetch's registration; destroying it takes the fetch out of the table. Belongs to one fetch.
class Flight {
 public:
  ~Flight();
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  // Nobody joins any more; a purge still finds it.
  void close();

  // Takes the fetch out of the table. Runs `store` before, so that a request finds the fetch, or
  // what it stored, or both; but not if a purge came by since the fetch began: returns false then.
  template <class Store>
  bool finish(Store store) {
    const std::unique_lock lock = take_out();
    if (tainted_) return false;
    store();
    return true;
  }

  // Runs `store`, if no purge came by since the fetch began: a purge comes before it or after it.
  template <class Store>
  bool unless_tainted(Store store) {
    const std::unique_lock lock = lock_shard();
    if (tainted_) return false;
    store();
    return true;
  }

  const std::shared_ptr<Transfer>& transfer() const { return transfer_; }

 private:
  friend class FlightTable;
  Flight(FlightTable& table, const FlightName& name, std::shared_ptr<Transfer> transfer);
  std::unique_lock<std::mutex> take_out();
  std::unique_lock<std::mutex> lock_shard();

  FlightTable& table_;
  const std::string key_;
  const std::string variant_;
  const uint64_t hash_;
  const std::shared_ptr<Transfer> transfer_;
  // Guarded by the shard's mutex.
  bool listed_ = true;
  bool joinable_ = true;
  bool tainted_ = false;
};

// Every fetch under way whose answer may be stored, found by key. Any thread; a mutex per shard.
class FlightTable {
 public:
  explicit FlightTable(unsigned shards);  // rounded up to a power of two
  FlightTable(const FlightTable&) = delete;
  FlightTable& operator=(const FlightTable&) = delete;

  // Joins the flight of that name, if there is one that can be joined: `reader` is on its transfer
  // and the result is null. Otherwise the caller leads: it is given a new flight, whose transfer is
  // made for `loop`, and `reader` is on it too. Without `reader` (background) nobody is put
  // anywhere.
  std::unique_ptr<Flight> join(const FlightName& name, net::Loop& loop, RetentionBudget& budget,
                               TransferReader* reader);

  // A fetch that nobody may join but that a purge must find.
  std::unique_ptr<Flight> register_alone(const FlightName& name, net::Loop& loop,
                                         RetentionBudget& budget);

  // What is being fetched under this key will not be stored, and nobody joins it any more; save for
  // the fetch that is itself the reason (the answer to a POST may be stored).
  void taint(std::string_view key, uint64_t hash, const Transfer* except = nullptr);
  // The same for every key that `matches`; it runs under a lock and must not call the table.
  void taint_if(const std::function<bool(std::string_view key)>& matches);

  size_t size() const;

 private:
  friend class Flight;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_multimap<uint64_t, Flight*> flights;
  };
  Shard& shard_of(uint64_t hash) { return shards_[(hash >> 20) & mask_]; }
  std::unique_ptr<Flight> enlist(Shard& shard, const FlightName& name, net::Loop& loop,
                                 RetentionBudget& budget);
  static void remove(Shard& shard, const Flight& flight);

  std::vector<Shard> shards_;
  const uint64_t mask_;
};

}  // namespace atl::edge
