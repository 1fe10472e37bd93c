#include "deploy/lab/simulation/tally.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace atl::lab {

double timeline_step_s(Span duration) {
  constexpr int kSteps[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                            600, 900, 1800, 3600, 7200, 14400, 28800, 86400};
  const double seconds = static_cast<double>(duration.count()) / 1000;
  const auto* const found =
      std::ranges::find_if(kSteps, [&](int step) { return seconds / step <= 150; });
  return found == std::end(kSteps) ? kSteps[std::size(kSteps) - 1] : *found;
}

Tally::Tally(const Scenario& scenario, const RunSpec& run)
    : classes_(scenario.network.classes.size()), warmup_(ticks(scenario.warmup)) {
  outcome_.id = run.id;
  outcome_.title = run.title;
  outcome_.cdn = run.cdn;
  outcome_.routing = to_string(run.routing.mode);
  outcome_.policy = run.cache.policy + (run.cache.second_request ? " + second request" : "");
  outcome_.shield = run.cache.shield;
  outcome_.flights = run.cache.flights;
  outcome_.regions.resize(scenario.regions.size());
  const size_t pops = run.cdn ? scenario.pops.size() : 0;
  outcome_.pops.resize(pops);
  outcome_.flows.assign(scenario.regions.size(), std::vector<uint64_t>(pops));
  outcome_.step_s = timeline_step_s(scenario.duration);
  step_ = static_cast<Tick>(outcome_.step_s * 1e9);
  const auto steps = static_cast<size_t>((ticks(scenario.duration) + step_ - 1) / step_);
  outcome_.steps.resize(std::max<size_t>(steps, 1));
}

Step& Tally::step_of(Tick at) {
  const auto index = static_cast<size_t>(at / step_);
  return outcome_.steps[std::min(index, outcome_.steps.size() - 1)];
}

void Tally::record(const Answer& answer) {
  const auto first = static_cast<uint64_t>(answer.first / kMicrosecond);
  const auto complete = static_cast<uint64_t>(answer.complete / kMicrosecond);
  Step& step = step_of(answer.at);
  ++step.requests;
  step.hits += static_cast<uint64_t>(answer.served == Served::Hit);
  step.stale += static_cast<uint64_t>(answer.served == Served::Stale);
  step.errors += static_cast<uint64_t>(answer.served == Served::Error);
  if (answer.served != Served::Error) step.first_byte.record(first);
  if (answer.at < warmup_) return;
  const size_t region = answer.cell / classes_;
  outcome_.regions[region].record(answer.served, answer.bytes, first, complete);
  if (answer.pop == kNoPop) return;
  outcome_.pops[answer.pop].stats.record(answer.served, answer.bytes, first, complete);
  ++outcome_.flows[region][answer.pop];
}

void Tally::fetched(Tick at, uint64_t bytes, uint64_t count) {
  step_of(at).origin_fetches += count;
  if (at < warmup_) return;
  outcome_.origin_fetches += count;
  outcome_.origin_bytes += bytes;
}

}  // namespace atl::lab
