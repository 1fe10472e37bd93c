#include "control-plane/frontdoor/router.h"

#include <fmt/format.h>

#include <algorithm>

namespace atl::control {
namespace {

std::string where(const Route& route) {
  const geo::Place& place = route.place;
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

std::string_view country(const Route& route) {
  return route.place.country.empty() ? std::string_view("an unknown country") : route.place.country;
}

// ", 304 km away, about 10 ms"
std::string away(const Route& route) {
  const geo::Estimate estimate = route.estimate(*route.decision.chosen);
  if (estimate.distance_km < 0) return {};
  return fmt::format(", {:.0f} km away, about {:.0f} ms", estimate.distance_km, estimate.rtt_ms);
}

// Why the PoP that the operator's table names is not the one.
std::string unfit(const Route& route) {
  for (const geo::Candidate& candidate : route.decision.ranked) {
    if (!candidate.pinned) continue;
    if (candidate.verdict == geo::Verdict::Fenced) {
      return fmt::format("lets in no clients of {}", country(route));
    }
    if (candidate.verdict == geo::Verdict::NotListed) {
      return "is none of the distribution's PoPs";
    }
  }
  return "takes no requests";
}

std::string explain_none(const Route& route) {
  if (route.decision.reason == geo::Reason::Forbidden) {
    return fmt::format("the distribution is not for clients in {}", country(route));
  }
  return "no PoP takes requests";
}

std::string explain_nearest(const Route& route, const std::string& pop) {
  switch (route.decision.reason) {
    case geo::Reason::NearestActive:
      return fmt::format("{} is the nearest PoP that takes requests", pop);
    case geo::Reason::NearestAllowed:
      return fmt::format("{} is the nearest PoP that lets in clients of {}", pop, country(route));
    case geo::Reason::SpillOver:
      return fmt::format(
          "{} is the nearest PoP that has room: nearer ones have more load than they "
          "should",
          pop);
    case geo::Reason::AllFull:
      return fmt::format("every PoP has more load than it should; {} is the first of them", pop);
    default:
      return fmt::format("{} is the nearest PoP", pop);
  }
}

}  // namespace

geo::Estimate Route::estimate(uint32_t index) const {
  if (!decision.origin) return {};
  return snapshot->chart().estimate(*decision.origin, index);
}

uint8_t Route::prefix_length() const { return std::max(place.prefix_length, decision.hashed_bits); }

Route decide(const RoutingState& state, uint32_t policy, const geo::Address& client, size_t limit) {
  Route route{state.site, state.snapshot, client, policy, {}, {}};
  const Site& site = *route.site;
  route.place = geo::locate(client, site.subnets(), site.databases());
  geo::choose(*route.snapshot, {route.place, client, policy}, limit, route.decision);
  return route;
}

std::string explain(const Route& route) {
  if (route.chosen() == nullptr) return explain_none(route);
  const std::string& pop = route.chosen()->id;
  switch (route.decision.reason) {
    case geo::Reason::Pinned:
      return fmt::format("the subnet table sends the client to {}", pop);
    case geo::Reason::PinnedIsDown:
      return fmt::format("the subnet table sends the client to {}, which {}; {} is the next one",
                         route.place.pop, unfit(route), pop);
    case geo::Reason::Weighted:
      return fmt::format("by its weight {} falls to the network of the client", pop);
    case geo::Reason::Primary:
      return fmt::format("{} is the first of the distribution's PoPs", pop);
    case geo::Reason::Failover:
      return fmt::format("{} is the first of the distribution's PoPs that takes the client", pop);
    case geo::Reason::Canary:
      return fmt::format("the network of the client is of the share that tries {}", pop);
    case geo::Reason::PlaceUnknown:
      return fmt::format("{}; {} is the first of the configuration that takes requests",
                         where(route), pop);
    default:
      return fmt::format("{}; {}{}", where(route), explain_nearest(route, pop), away(route));
  }
}

}  // namespace atl::control
