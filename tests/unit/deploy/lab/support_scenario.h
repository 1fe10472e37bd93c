#pragma once

#include <doctest/doctest.h>

#include <string>

#include "deploy/lab/report/json.h"
#include "deploy/lab/scenario/read.h"
#include "deploy/lab/simulation/simulation.h"

namespace atl::lab::testing {

// Two regions and two PoPs a third of the world apart, an origin beside neither, one small
// workload.
inline std::string small(const std::string& extra, const std::string& cache = "",
                         const std::string& workload = "") {
  return "title = \"small\"\nduration = \"60s\"\n"
         "[network]\nrequests_per_connection = 4\n"
         "[cache]\nsize = \"64MiB\"\n" +
         cache +
         "[origin]\nlatitude = 39\nlongitude = -77\nservice_ms = 30\n"
         "[[region]]\nid = \"west\"\nlatitude = 50\nlongitude = 8\n"
         "[[region]]\nid = \"east\"\nlatitude = 35\nlongitude = 139\n"
         "[[pop]]\nid = \"fra\"\nlatitude = 50\nlongitude = 8.1\n"
         "[[pop]]\nid = \"nrt\"\nlatitude = 35\nlongitude = 139.1\n"
         "[[workload]]\nname = \"site\"\n" +
         (workload.empty() ? "requests_per_s = 200\nobjects = 200\nsize = \"10KiB\"\n" : workload) +
         extra;
}

inline Scenario read(const std::string& text) {
  auto scenario = read_scenario_text("small.toml", text, "");
  if (!scenario) FAIL(scenario.error().front());
  return *std::move(scenario);
}

inline Report play(const Scenario& scenario, uint64_t seed = 1) {
  const auto traces = load_traces(scenario);
  REQUIRE(traces);
  Report report = report_of(scenario, seed);
  for (const RunSpec& run : scenario.runs) {
    report.runs.push_back(simulate(scenario, run, *traces, seed, {}));
  }
  return report;
}

}  // namespace atl::lab::testing
