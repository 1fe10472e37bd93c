#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/store/redis/link.h"
#include "lib/store/redis/redis_store.h"

namespace atl::store::redis {

// Where the masters are, as far as is known. Loop thread.
class Topology {
 public:
  struct Events {
    // It is known anew; these are all masters.
    std::function<void(const std::vector<net::Endpoint>& masters)> on_change;
    // It cannot be found out at present; a sentence for people.
    std::function<void(std::string why)> on_problem;
  };

  virtual ~Topology() = default;
  // Nullopt: not known now; on_change will follow.
  virtual std::optional<net::Endpoint> find(uint16_t slot) = 0;
  virtual void moved(uint16_t slot, const net::Endpoint& to) = 0;
  // Something is not as it was: finds out, soon.
  virtual void doubt() = 0;

  // `events` may be called from within find() and doubt(), never from here.
  static std::unique_ptr<Topology> make(net::Loop& loop, const RedisOptions& options,
                                        Events events);
};

// What a Sentinel says of a master: [host, port]. Nullopt: anything else.
std::optional<net::Endpoint> parse_master(const Reply& reply);

}  // namespace atl::store::redis
