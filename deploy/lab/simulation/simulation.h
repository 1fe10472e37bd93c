#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "deploy/lab/report/report.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/traffic.h"

namespace atl::lab {

// Of one run of a scenario.
struct SimulationProgress {
  uint64_t done = 0;      // requests
  uint64_t expected = 0;  // about
};
using OnProgress = std::function<void(const SimulationProgress&)>;

// Plays one run. Depends on the arguments alone: the same ones give the same outcome, bit for bit.
// Takes about 2.5 KiB for each PoP, region and slice of time, what the stores' objects take without
// their bodies, and nothing for each request. `progress` is called now and then; it may be empty.
RunOutcome simulate(const Scenario& scenario, const RunSpec& run, const Traces& traces,
                    uint64_t seed, const OnProgress& progress);

// What readers must know of the model.
std::vector<std::string> simulation_notes();

// The report of a scenario whose runs come later, with what readers must know of its figures.
Report report_of(const Scenario& scenario, uint64_t seed);

}  // namespace atl::lab
