// Simulated requests a second on one core: whole runs, from drawing a request to counting its
// answer.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "deploy/lab/scenario/read.h"
#include "deploy/lab/simulation/simulation.h"

namespace {

using namespace atl::lab;

// `pops` PoPs in a ring around the Earth, as many regions (at most 32), 10,000 requests a second.
std::string scenario_text(int64_t pops, int64_t objects) {
  std::string text = fmt::format(
      "title = \"bench\"\nduration = \"100s\"\n[cache]\nsize = \"64MiB\"\nttl = \"1h\"\n"
      "[network]\njitter_ms = 2\nloss = 0.001\n"
      "[[class]]\nname = \"fibre\"\nrtt_ms = 4\njitter_ms = 1\n"
      "[[class]]\nname = \"mobile\"\nrtt_ms = 40\njitter_ms = 10\nloss = 0.002\n"
      "[origin]\nlatitude = 39\nlongitude = -77\n"
      "[[workload]]\nname = \"site\"\nrequests_per_s = 10000\nobjects = {}\nskew = 1\n"
      "size = \"12KiB\"\nsize_sigma = 1\n",
      objects);
  for (int64_t i = 0; i < pops; ++i) {
    const double longitude = -180 + 360.0 * static_cast<double>(i) / static_cast<double>(pops);
    text += fmt::format("[[pop]]\nid = \"p{}\"\nlatitude = 40\nlongitude = {:.6f}\n", i, longitude);
    if (i < 32) {
      text += fmt::format("[[region]]\nid = \"r{}\"\nlatitude = 38\nlongitude = {:.6f}\n", i,
                          longitude);
    }
  }
  return text;
}

void simulated_requests(benchmark::State& state) {
  const auto scenario =
      read_scenario_text("bench.toml", scenario_text(state.range(0), state.range(1)), "");
  if (!scenario) std::abort();
  const auto traces = load_traces(*scenario);
  if (!traces) std::abort();
  uint64_t requests = 0;
  double hit_ratio = 0;
  for (auto _ : state) {
    const RunOutcome outcome = simulate(*scenario, scenario->runs[0], *traces, 1, {});
    const Stats total = outcome.total();
    requests += total.requests;
    hit_ratio = total.hit_ratio();
  }
  state.SetItemsProcessed(static_cast<int64_t>(requests));
  state.counters["hit_ratio"] = hit_ratio;
}
BENCHMARK(simulated_requests)
    ->ArgNames({"pops", "objects"})
    ->Args({1, 10'000})
    ->Args({13, 10'000})
    ->Args({13, 100'000})
    ->Args({300, 10'000})
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
