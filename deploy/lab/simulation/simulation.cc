#include "deploy/lab/simulation/simulation.h"

#include "deploy/lab/simulation/engine.h"
#include "deploy/lab/simulation/path.h"

namespace atl::lab {
namespace {

constexpr uint64_t kBetweenProgress = 1 << 16;

const std::vector<std::string> kNotes = {
    "Latency is the time to the first byte as a client sees it; connecting and the TLS handshake "
    "are in it where a new connection was opened. Errors have none.",
    "A miss waited for the origin or for another cache on the way; a revalidation counts as one. "
    "The hit ratio is of hits and stale answers among all requests.",
};

const std::vector<std::string> kSimulationNotes = {
    "The caches, their eviction policies, freshness, routing by distance and the hashing among "
    "nodes are the programs' own code; networks, clients and the origin are models.",
    "Left out: congestion between connections, the CPU of edges and of the origin beyond its "
    "concurrency, retries by clients, and circuit breakers of edges.",
};

}  // namespace

RunOutcome simulate(const Scenario& scenario, const RunSpec& run, const Traces& traces,
                    uint64_t seed, const OnProgress& progress) {
  const Paths paths(scenario);
  Traffic traffic(scenario, traces, seed);
  Engine engine(scenario, run, paths, traffic, seed);
  uint64_t done = 0;
  while (const auto request = traffic.next()) {
    engine.request(*request);
    if (++done % kBetweenProgress == 0 && progress) progress({done, traffic.expected()});
  }
  engine.finish();
  if (progress) progress({done, done});
  return engine.take_outcome();
}

std::vector<std::string> simulation_notes() { return kSimulationNotes; }

Report report_of(const Scenario& scenario, uint64_t seed) {
  Report report{.name = scenario.name,
                .title = scenario.title,
                .description = scenario.description,
                .source = scenario.source,
                .seed = seed,
                .duration_s = static_cast<double>(scenario.duration.count()) / 1000,
                .notes = kNotes};
  for (const ClientRegion& region : scenario.regions) {
    report.regions.push_back({region.id, region.place.city, region.place.at, 0});
  }
  for (const PopSpec& pop : scenario.pops) {
    report.pops.push_back({pop.id, pop.place.city, pop.place.at, pop.cache_bytes});
  }
  for (const TimelineEvent& event : scenario.events) {
    report.events.push_back({static_cast<double>(event.at.count()) / 1000,
                             std::string(to_string(event.kind)), event.title});
  }
  if (scenario.sweep) {
    ReportSweep sweep{"cache_bytes", scenario.sweep->title, "bytes", {}};
    for (const RunSpec& run : scenario.runs) {
      sweep.points.push_back({static_cast<double>(run.cache_bytes.value_or(0)), run.id});
    }
    report.sweep = std::move(sweep);
  }
  return report;
}

}  // namespace atl::lab
