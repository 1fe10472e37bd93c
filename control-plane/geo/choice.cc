#include "control-plane/geo/choice.h"

#include <algorithm>
#include <utility>

namespace atl::geo {
namespace {

// While ranking, Candidate::distance_km holds minus the nearness: it orders like the distance and
// needs no trigonometry for PoPs that are not returned.
bool better(const Candidate& a, const Candidate& b) {
  if (a.state != b.state) return a.state < b.state;
  if (a.pinned != b.pinned) return a.pinned;
  if (a.distance_km != b.distance_km) return a.distance_km < b.distance_km;
  return a.pop < b.pop;
}

void keep_best(std::vector<Candidate>& ranked, size_t limit, const Candidate& candidate) {
  if (ranked.size() == limit) {
    if (!better(candidate, ranked.back())) return;
    ranked.pop_back();
  }
  ranked.insert(std::upper_bound(ranked.begin(), ranked.end(), candidate, better), candidate);
}

// `nearest`: whether the chosen one is the nearest of all, in whatever state.
Reason reason_of(const Place& place, const Candidate& chosen, bool nearest) {
  if (chosen.pinned) return Reason::Pinned;
  if (place.source == Source::SubnetPop) return Reason::PinnedIsDown;
  if (!place.coordinates) return Reason::PlaceUnknown;
  return nearest ? Reason::Nearest : Reason::NearestActive;
}

}  // namespace

std::string_view to_string(PopState state) {
  switch (state) {
    case PopState::Active:
      return "active";
    case PopState::NotServing:
      return "not-serving";
    case PopState::Down:
      return "down";
  }
  return "down";
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Pinned:
      return "override";
    case Reason::PinnedIsDown:
      return "override-down";
    case Reason::Nearest:
      return "nearest";
    case Reason::NearestActive:
      return "nearest-active";
    case Reason::PlaceUnknown:
      return "place-unknown";
    case Reason::NoneActive:
      return "none-active";
  }
  return "none-active";
}

void choose(const Place& place, std::span<const Pop> pops, size_t limit, Decision& decision) {
  decision.ranked.clear();
  decision.chosen.reset();
  decision.reason = Reason::NoneActive;

  // A client that is pinned to a PoP is treated as being there, so that the next ones are near it.
  std::optional<Direction> client;
  if (place.coordinates) client = direction_of(*place.coordinates);
  for (const Pop& pop : pops) {
    if (place.source == Source::SubnetPop && pop.id == place.pop) client = pop.at;
  }

  double least = std::numeric_limits<double>::infinity();
  for (uint32_t i = 0; i < pops.size(); ++i) {
    Candidate candidate{i, pops[i].state};
    candidate.pinned = place.source == Source::SubnetPop && pops[i].id == place.pop;
    candidate.distance_km = client ? -nearness(*client, pops[i].at) : 0;
    least = std::min(least, candidate.distance_km);
    keep_best(decision.ranked, limit, candidate);
  }
  if (decision.ranked.empty()) return;

  const bool nearest = decision.ranked.front().distance_km <= least;
  for (Candidate& candidate : decision.ranked) {
    candidate.distance_km = client ? distance_km(*client, pops[candidate.pop].at) : -1;
    candidate.rtt_ms = client ? modelled_rtt_ms(candidate.distance_km) : -1;
  }
  const Candidate& first = decision.ranked.front();
  if (first.state != PopState::Active) return;
  decision.chosen = first.pop;
  decision.reason = reason_of(place, first, nearest);
}

}  // namespace atl::geo
