#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "control-plane/geo/choice.h"
#include "deploy/lab/random/random.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/path.h"

namespace atl::lab {

// Which PoP a client is sent to. Nearest is what the DNS front door does: control-plane/geo
// decides, and resolvers keep the answer for its time to live.
class Router {
 public:
  Router(const Scenario& scenario, const RoutingSpec& routing, uint64_t seed);

  // Of a cell (see Paths) and a group of resolvers or networks in it; nullopt when no PoP is known
  // to be up.
  std::optional<uint32_t> route(uint32_t cell, uint32_t group, Tick now);
  // What whoever routes learns of a PoP, when it does.
  void learn(uint32_t pop, bool up);

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;
  struct Answer {
    uint32_t pop = kNobody;
    uint32_t epoch = 0;  // of what was known
    Tick until = -1;
  };

  uint32_t decide(uint32_t region, uint32_t cell, uint32_t group);
  void look(uint32_t region, size_t limit);
  uint32_t nearest(uint32_t region);
  uint32_t any();
  uint32_t anycast(uint32_t region, uint64_t network);

  RoutingSpec routing_;
  size_t classes_;
  uint64_t seed_;
  Tick answer_ttl_;
  std::vector<geo::Place> places_;  // of regions
  std::shared_ptr<const geo::Chart> chart_;
  std::vector<geo::PopStatus> status_;  // by PoP
  std::optional<geo::Snapshot> snapshot_;
  std::vector<Answer> answers_;  // by cell and group
  uint32_t epoch_ = 1;
  geo::Decision decision_;
  Random random_;
};

}  // namespace atl::lab
