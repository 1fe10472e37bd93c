#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control-plane/controller.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/geo/snapshot.h"
#include "control-plane/site.h"
#include "lib/base/clock.h"

namespace atl::control {

// What clients are routed by, at one moment.
struct RoutingState {
  std::shared_ptr<const Site> site;
  std::shared_ptr<const geo::Snapshot> snapshot;  // of the site's chart
  uint64_t epoch = 0;                             // another one: decisions may differ; never 0
};

// Makes the snapshots that both front doors decide from: asks the fleet who lives, weighs what the
// PoPs report against what they can bear, and remembers which of them send clients elsewhere. Loop
// thread.
class Routing {
 public:
  // All outlive it.
  Routing(const Clock& clock, const Controller& controller, const Fleet& fleet);

  // As it is now. Valid until the next call.
  const RoutingState& now();

 private:
  // What is remembered of a PoP that says what it can bear.
  struct Load {
    double smoothed = -1;
    double shed = 0;
    MonoTime sampled{};
    MonoTime stepped{};
  };

  geo::PopStatus status(const Site& site, const PopConfig& pop);
  void weigh(const RoutingConfig& config, const PopConfig& pop, Load& load);
  // Negative: no node that lives has said anything.
  double sample(const PopConfig& pop) const;

  const Clock& clock_;
  const Controller& controller_;
  const Fleet& fleet_;
  std::map<std::string, Load, std::less<>> loads_;  // by PoP
  RoutingState state_;
};

geo::PopState routing_state(PopState state);

}  // namespace atl::control
