#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/fleet/fleet.h"
#include "control-plane/geo/choice.h"
#include "control-plane/geo/place.h"
#include "control-plane/site.h"
#include "lib/geo/address.h"

namespace atl::control {

// One answer to "which PoP for this client". Views live as long as `site`.
struct Route {
  std::shared_ptr<const Site> site;
  geo::Address client;
  geo::Place place;
  geo::Decision decision;

  const PopConfig& pop(uint32_t index) const { return site->config().pops[index]; }
  // Null: no PoP takes requests.
  const PopConfig* chosen() const { return decision.chosen ? &pop(*decision.chosen) : nullptr; }
};

geo::PopState routing_state(NodeState state);

// The PoPs of the site, in its order, as they are now. Views live as long as the site.
std::vector<geo::Pop> candidates(const Site& site, const Fleet& fleet);

// The decision for `client`, with at most `limit` candidates.
Route decide(std::shared_ptr<const Site> site, const Fleet& fleet, const geo::Address& client,
             size_t limit);

// One sentence for people: why this one.
std::string explain(const Route& route);

}  // namespace atl::control
