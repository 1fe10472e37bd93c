#include "deploy/lab/simulation/router.h"

#include "deploy/lab/simulation/traffic.h"

namespace atl::lab {
namespace {

// Where networks that anycast does not bring to the nearest PoP end up: at one of the next ones.
constexpr size_t kDetours = 3;

}  // namespace

Router::Router(const Scenario& scenario, const RoutingSpec& routing, uint64_t seed)
    : routing_(routing),
      classes_(scenario.network.classes.size()),
      seed_(seed),
      answer_ttl_(ticks(routing.answer_ttl)),
      answers_(scenario.regions.size() * classes_ * kGroups),
      random_(seed, 3) {
  for (const ClientRegion& region : scenario.regions) {
    places_.push_back({.source = geo::Source::City, .coordinates = region.place.at});
  }
  for (const PopSpec& pop : scenario.pops) {
    pops_.push_back({pop.id, geo::direction_of(pop.place.at), geo::PopState::Active});
  }
}

void Router::learn(uint32_t pop, bool up) {
  pops_[pop].state = up ? geo::PopState::Active : geo::PopState::Down;
  ++epoch_;
}

std::optional<uint32_t> Router::route(uint32_t cell, uint32_t group, Tick now) {
  Answer& answer = answers_[cell * kGroups + group];
  // Routes change when they are withdrawn, for everybody at once; answers go on until they expire.
  const bool kept =
      routing_.mode == RoutingMode::Anycast ? answer.epoch == epoch_ : now < answer.until;
  if (!kept) {
    answer = {decide(static_cast<uint32_t>(cell / classes_), cell, group), epoch_,
              now + answer_ttl_};
  }
  if (answer.pop == kNobody) return std::nullopt;
  return answer.pop;
}

uint32_t Router::decide(uint32_t region, uint32_t cell, uint32_t group) {
  switch (routing_.mode) {
    case RoutingMode::Nearest:
      return nearest(region);
    case RoutingMode::Random:
      return any();
    case RoutingMode::Anycast:
      return anycast(region, mix(seed_ ^ (uint64_t{cell} * kGroups + group)));
  }
  return kNobody;
}

uint32_t Router::nearest(uint32_t region) {
  geo::choose(places_[region], pops_, 1, decision_);
  return decision_.chosen.value_or(kNobody);
}

uint32_t Router::any() {
  uint32_t up = 0;
  for (const geo::Pop& pop : pops_) up += static_cast<uint32_t>(pop.state == geo::PopState::Active);
  if (up == 0) return kNobody;
  uint32_t left = random_.below(up);
  for (uint32_t i = 0; i < pops_.size(); ++i) {
    if (pops_[i].state == geo::PopState::Active && left-- == 0) return i;
  }
  return kNobody;
}

uint32_t Router::anycast(uint32_t region, uint64_t network) {
  geo::choose(places_[region], pops_, kDetours + 1, decision_);
  if (!decision_.chosen) return kNobody;
  size_t up = 0;
  while (up < decision_.ranked.size() && decision_.ranked[up].state == geo::PopState::Active) ++up;
  const double share = static_cast<double>(network >> 11) * 0x1p-53;
  if (up < 2 || share >= routing_.detour) return *decision_.chosen;
  return decision_.ranked[1 + mix(network) % (up - 1)].pop;
}

}  // namespace atl::lab
