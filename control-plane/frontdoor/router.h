#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "control-plane/frontdoor/routing.h"
#include "control-plane/geo/choice.h"
#include "control-plane/geo/place.h"
#include "control-plane/site.h"
#include "lib/geo/address.h"

namespace atl::control {

// One answer to "which PoP for this client". Views live as long as `site`.
struct Route {
  std::shared_ptr<const Site> site;
  std::shared_ptr<const geo::Snapshot> snapshot;
  geo::Address client;
  uint32_t policy = 0;  // of the chart
  geo::Place place;
  geo::Decision decision;

  const PopConfig& pop(uint32_t index) const { return site->config().pops[index]; }
  // Null: nobody may or can take the client.
  const PopConfig* chosen() const { return decision.chosen ? &pop(*decision.chosen) : nullptr; }
  geo::Estimate estimate(uint32_t index) const;
  // How much of the client's address (of 128 bits) the answer rests on.
  uint8_t prefix_length() const;
};

// The decision for `client` by the policy of the site's chart, with at most `limit` candidates.
Route decide(const RoutingState& state, uint32_t policy, const geo::Address& client, size_t limit);

// One sentence for people: why this one, or why none.
std::string explain(const Route& route);

}  // namespace atl::control
