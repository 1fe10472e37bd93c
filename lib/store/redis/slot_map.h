#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/net/endpoint.h"
#include "lib/store/redis/reply.h"

namespace atl::store::redis {

// Which master of a cluster has which slots.
class SlotMap {
 public:
  static constexpr size_t kMostMasters = 1000;  // the specification's own bound

  // From the reply to CLUSTER SLOTS; `asked` is the host that gave it, which stands for hosts it
  // does not name. Nullopt: the reply is something else. Slots nobody has stay empty.
  static std::optional<SlotMap> parse(const Reply& reply, std::string_view asked);

  // Null: nobody has it, or a map that is empty. Valid until the map changes.
  const net::Endpoint* find(uint16_t slot) const;
  void move(uint16_t slot, const net::Endpoint& to);

  // Every master, once, in no particular order.
  const std::vector<net::Endpoint>& masters() const { return masters_; }
  bool empty() const { return masters_.empty(); }

 private:
  // One more than it; 0: too many masters.
  uint16_t index_of(const net::Endpoint& master);

  std::vector<net::Endpoint> masters_;
  std::vector<uint16_t> slots_;  // 0: nobody; else one more than the index of its master
};

}  // namespace atl::store::redis
