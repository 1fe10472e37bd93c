#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/fetch/origin_book.h"
#include "edge/identity.h"
#include "edge/routing/route_table.h"
#include "lib/net/loop.h"
#include "lib/rpc/exchange_client.h"

namespace atl::edge {

// Asks every origin that has a health check, at its interval, by the way requests go too: an
// exchange with its source. What it finds goes into the book. One per node; one loop.
class HealthChecker {
 public:
  // Everything outlives it; `client` is of `loop`.
  HealthChecker(net::Loop& loop, rpc::ExchangeClient& client, OriginBook& book,
                const Identity& identity);
  ~HealthChecker();

  // Origins whose settings did not change go on as before.
  void set_routes(const RouteTable& routes);

 private:
  class Check;

  net::Loop& loop_;
  rpc::ExchangeClient& client_;
  OriginBook& book_;
  const std::string fields_;  // of every check's request
  std::vector<std::unique_ptr<Check>> checks_;
};

}  // namespace atl::edge
