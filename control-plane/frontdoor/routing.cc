#include "control-plane/frontdoor/routing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "control-plane/geo/spill.h"
#include "lib/base/log.h"

namespace atl::control {
namespace {

using std::chrono::duration;

constexpr std::chrono::milliseconds kSampleInterval{100};
// How much of a step's interval is averaged over: long enough for a second's chance to even out,
// short enough to have forgotten what was before the step before.
constexpr double kSmoothing = 0.25;

}  // namespace

geo::PopState routing_state(PopState state) {
  switch (state) {
    case PopState::Active:
      return geo::PopState::Active;
    case PopState::NotServing:
      return geo::PopState::NotServing;
    case PopState::Down:
      return geo::PopState::Down;
    case PopState::Draining:
      return geo::PopState::Draining;
    case PopState::AdminDown:
      return geo::PopState::AdminDown;
  }
  return geo::PopState::Down;
}

Routing::Routing(const Clock& clock, const Controller& controller, const Fleet& fleet)
    : clock_(clock), controller_(controller), fleet_(fleet) {}

const RoutingState& Routing::now() {
  const std::shared_ptr<const Site>& site = controller_.site();
  std::vector<geo::PopStatus> statuses;
  statuses.reserve(site->config().pops.size());
  for (const PopConfig& pop : site->config().pops) statuses.push_back(status(*site, pop));
  auto made = std::make_shared<const geo::Snapshot>(site->chart(), std::move(statuses));
  if (state_.site == site && made->decides_like(*state_.snapshot)) {
    state_.snapshot = std::move(made);
    return state_;
  }
  state_ = {site, std::move(made), state_.epoch + 1};
  return state_;
}

geo::PopStatus Routing::status(const Site& site, const PopConfig& pop) {
  geo::PopStatus status{routing_state(fleet_.pop_state(pop.id))};
  if (!pop.capacity_rps && !pop.capacity_cores) {
    if (const auto old = loads_.find(pop.id); old != loads_.end()) loads_.erase(old);
    return status;
  }
  Load& load = loads_[pop.id];
  weigh(site.config().routing, pop, load);
  status.load = load.smoothed;
  status.shed = load.shed;
  return status;
}

void Routing::weigh(const RoutingConfig& config, const PopConfig& pop, Load& load) {
  const MonoTime now = clock_.mono();
  const bool first = load.sampled == MonoTime{};
  if (!first && now - load.sampled < kSampleInterval) return;
  const double sampled = sample(pop);
  if (sampled < 0 || load.smoothed < 0) {
    load.smoothed = sampled;
  } else {
    const duration<double> passed = now - load.sampled;
    const duration<double> interval = config.spill_interval;
    const double weight = 1 - std::exp(-passed.count() / (interval.count() * kSmoothing));
    load.smoothed += (sampled - load.smoothed) * weight;
  }
  load.sampled = now;
  if (load.stepped != MonoTime{} && now - load.stepped < config.spill_interval) return;
  const double shed = geo::next_shed(load.shed, load.smoothed, config.spill);
  if (shed == load.shed) return;
  log_info("routing: {} has a load of {:.0f} %; {:.0f} % of its clients go elsewhere, {:.0f} % did",
           pop.id, load.smoothed * 100, shed * 100, load.shed * 100);
  load.shed = shed;
  load.stepped = now;
}

double Routing::sample(const PopConfig& pop) const {
  double requests = 0;
  double cores = 0;
  bool heard = false;
  for (const NodeRecord* record : fleet_.nodes_of(pop.id)) {
    if (fleet_.state(*record) == NodeState::Down) continue;
    heard = true;
    cores += record->health.cpu_millicores / 1000.0;
    for (size_t i = 0; i < static_cast<size_t>(Counter::BytesOut); ++i) {
      requests += record->rates[i];
    }
  }
  if (!heard) return -1;
  double load = 0;
  if (pop.capacity_rps) load = std::max(load, requests / *pop.capacity_rps);
  if (pop.capacity_cores) load = std::max(load, cores / *pop.capacity_cores);
  return load;
}

}  // namespace atl::control
