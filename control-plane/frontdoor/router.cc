#include "control-plane/frontdoor/router.h"

#include <fmt/format.h>

#include <utility>

namespace atl::control {
namespace {

std::string where(const geo::Place& place) {
  switch (place.source) {
    case geo::Source::SubnetPop:
    case geo::Source::SubnetPlace:
      return "the subnet table places the client";
    case geo::Source::City:
      return fmt::format("the geo database places the client in {}{}{}", place.city,
                         place.city.empty() || place.country.empty() ? "" : ", ", place.country);
    case geo::Source::Country:
      return fmt::format("the geo database places the client in {}", place.country);
    case geo::Source::Nowhere:
      return "nobody knows where the client is";
  }
  return {};
}

}  // namespace

geo::PopState routing_state(NodeState state) {
  switch (state) {
    case NodeState::Active:
      return geo::PopState::Active;
    case NodeState::NotServing:
      return geo::PopState::NotServing;
    case NodeState::Down:
      return geo::PopState::Down;
  }
  return geo::PopState::Down;
}

std::vector<geo::Pop> candidates(const Site& site, const Fleet& fleet) {
  std::vector<geo::Pop> pops;
  pops.reserve(site.config().pops.size());
  for (size_t i = 0; i < site.config().pops.size(); ++i) {
    const std::string& id = site.config().pops[i].id;
    pops.push_back({id, site.directions()[i], routing_state(fleet.pop_state(id))});
  }
  return pops;
}

Route decide(std::shared_ptr<const Site> site, const Fleet& fleet, const geo::Address& client,
             size_t limit) {
  Route route{std::move(site), client, {}, {}};
  const Site& s = *route.site;
  route.place = geo::locate(client, s.subnets(), s.databases());
  geo::choose(route.place, candidates(s, fleet), limit, route.decision);
  return route;
}

std::string explain(const Route& route) {
  const PopConfig* pop = route.chosen();
  if (pop == nullptr) return "no PoP takes requests";
  const geo::Candidate& first = route.decision.ranked.front();
  switch (route.decision.reason) {
    case geo::Reason::Pinned:
      return fmt::format("the subnet table sends the client to {}", pop->id);
    case geo::Reason::PinnedIsDown:
      return fmt::format(
          "the subnet table sends the client to {}, which takes no requests; {} is the next one",
          route.place.pop, pop->id);
    case geo::Reason::Nearest:
      return fmt::format("{}; {} is the nearest PoP, {:.0f} km away, about {:.0f} ms",
                         where(route.place), pop->id, first.distance_km, first.rtt_ms);
    case geo::Reason::NearestActive:
      return fmt::format(
          "{}; {} is the nearest PoP that takes requests, {:.0f} km away, about {:.0f} ms",
          where(route.place), pop->id, first.distance_km, first.rtt_ms);
    case geo::Reason::PlaceUnknown:
      return fmt::format("{}; {} is the first of the configuration that takes requests",
                         where(route.place), pop->id);
    case geo::Reason::NoneActive:
      break;
  }
  return {};
}

}  // namespace atl::control
