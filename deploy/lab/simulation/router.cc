#include "deploy/lab/simulation/router.h"

#include <utility>

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
  std::vector<geo::PopSpec> pops;
  for (const PopSpec& pop : scenario.pops) {
    pops.push_back({.id = pop.id, .at = pop.place.at, .bias = 0, .fence = {}});
  }
  status_.resize(pops.size(), {.state = geo::PopState::Active});
  chart_ = std::make_shared<const geo::Chart>(std::move(pops), std::vector<geo::PolicySpec>(1));
  snapshot_.emplace(chart_, status_);
}

void Router::learn(uint32_t pop, bool up) {
  status_[pop].state = up ? geo::PopState::Active : geo::PopState::Down;
  snapshot_.emplace(chart_, status_);
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

void Router::look(uint32_t region, size_t limit) {
  const geo::Address nobody{};  // chance has no part in what is nearest
  geo::choose(*snapshot_, {places_[region], nobody, chart_->policy_of(0)}, limit, decision_);
}

uint32_t Router::nearest(uint32_t region) {
  look(region, 1);
  return decision_.chosen.value_or(kNobody);
}

uint32_t Router::any() {
  uint32_t up = 0;
  for (const auto& pop : status_) up += static_cast<uint32_t>(pop.state == geo::PopState::Active);
  if (up == 0) return kNobody;
  uint32_t left = random_.below(up);
  for (uint32_t i = 0; i < status_.size(); ++i) {
    if (status_[i].state == geo::PopState::Active && left-- == 0) return i;
  }
  return kNobody;
}

uint32_t Router::anycast(uint32_t region, uint64_t network) {
  look(region, kDetours + 1);
  if (!decision_.chosen) return kNobody;
  size_t up = 0;
  while (up < decision_.ranked.size() && takes_requests(decision_.ranked[up].verdict)) ++up;
  const double share = static_cast<double>(network >> 11) * 0x1p-53;
  if (up < 2 || share >= routing_.detour) return *decision_.chosen;
  return decision_.ranked[1 + mix(network) % (up - 1)].pop;
}

}  // namespace atl::lab
