#include <fmt/format.h>

#include <algorithm>

#include "deploy/lab/live/live.h"

namespace atl::lab {
namespace {

constexpr size_t kMostPops = 40;
// What an edge accepts.
constexpr uint64_t kSmallestCache = uint64_t{1} << 20;
constexpr double kLongestServiceMs = 60'000;

bool whole_seconds(Span span) { return span.count() % 1000 == 0; }

void check_pops(const Scenario& scenario, std::vector<std::string>& reasons) {
  if (scenario.pops.size() > kMostPops) {
    reasons.push_back(fmt::format("{} PoPs are {} programs, and at most {} are played live",
                                  scenario.pops.size(), scenario.pops.size(), kMostPops));
  }
  for (const PopSpec& pop : scenario.pops) {
    if (pop.nodes > 1) {
      reasons.push_back(fmt::format("PoP {} has {} nodes: one is played live", pop.id, pop.nodes));
    }
  }
}

void check_run(const Scenario& scenario, const RunSpec& run, std::vector<std::string>& reasons) {
  for (const Span span :
       {run.cache.ttl, run.cache.stale_while_revalidate, run.cache.stale_if_error}) {
    if (whole_seconds(span)) continue;
    reasons.push_back(fmt::format("run {}: HTTP counts lifetimes in whole seconds", run.id));
    break;
  }
  for (const PopSpec& pop : scenario.pops) {
    if (!run.cdn || run.cache_bytes.value_or(pop.cache_bytes) >= kSmallestCache) continue;
    reasons.push_back(fmt::format("run {}: an edge's cache has 1 MiB at least", run.id));
    break;
  }
}

}  // namespace

std::vector<std::string> not_live(const Scenario& scenario) {
  std::vector<std::string> reasons;
  check_pops(scenario, reasons);
  for (const Stream& stream : scenario.streams) {
    if (whole_seconds(stream.ttl.value_or(Span{0}))) continue;
    reasons.push_back(
        fmt::format("workload {}: HTTP counts lifetimes in whole seconds", stream.name));
  }
  for (const RunSpec& run : scenario.runs) check_run(scenario, run, reasons);
  if (scenario.origin.service_ms > kLongestServiceMs) {
    reasons.emplace_back("an origin that takes more than a minute is simulated only");
  }
  return reasons;
}

}  // namespace atl::lab
