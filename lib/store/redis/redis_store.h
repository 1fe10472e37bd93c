#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/outcome.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/store/store.h"

namespace atl::store {

struct RedisOptions {
  enum class Mode : uint8_t {
    Single,    // `endpoints` is one server
    Sentinel,  // they are Sentinels, which say where the master of `master` is
    Cluster,   // they are some servers of a cluster, which say who the others are
  };
  Mode mode = Mode::Single;
  std::vector<net::Endpoint> endpoints;  // names or addresses
  std::string master = "atoll";          // Sentinel: the name of the group of servers
  std::string user;                      // of the servers of data; empty: the default user
  std::string password;                  // empty: none
  std::string sentinel_user;
  std::string sentinel_password;
  std::string prefix = "atoll";  // keys begin with it; another store has another one
  // How many replicas must have a write before it is answered (WAIT), and for how long that is
  // waited for. Fewer: an error that leaves it open, see Store.
  int replicas = 0;
  std::chrono::milliseconds replica_timeout{1000};
  // How long a call may take, with all its attempts.
  std::chrono::milliseconds timeout{2000};
};

// Opens the engine that several processes share. A write that was answered is in the memory of the
// master and of `replicas` replicas, and on their disks as their `appendonly` and `appendfsync`
// say: so a failover may lose answered writes unless `replicas` is at least 1 and the new master is
// among those that had it, which Sentinel and Cluster prefer and do not promise. Reads are asked of
// masters only; they may see a write that is not answered yet.
//
// A call that surely was not carried out is repeated until `timeout`: no connection, MOVED, ASK,
// TRYAGAIN, a failover in progress. Reads are repeated also when their answer is lost.
//
// Returns at once; the servers need not be there yet. The error, a sentence, is about `options`.
// `loop` outlives the store.
Outcome<std::unique_ptr<Store>> open_redis(net::Loop& loop, RedisOptions options);

}  // namespace atl::store
