// How punctual the relay is: round trips through it, in real time, against those that were asked
// for. Only on a quiet machine do the figures say something about the relay.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "deploy/lab/relay/probe.h"

namespace {

using namespace atl::lab;

// `links` at the same time, with round trips from 2 to 300 ms.
void round_trips(benchmark::State& state) {
  std::vector<RelayLink> links;
  for (int64_t i = 0; i < state.range(0); ++i) {
    const Tick rtt = 2 * kMillisecond + 298 * kMillisecond * i / state.range(0);
    links.push_back({.path = {.rtt = rtt, .ns_per_byte = 80}, .connects = true, .tls = true});
  }
  double worst_rtt = 0;
  double worst_connecting = 0;
  Histogram late;
  for (auto _ : state) {
    atl::net::Loop loop;
    Relay relay(loop, 1);
    if (!relay.open()) std::abort();
    const auto measured = probe(loop, relay, "127.0.0.1", links);
    for (size_t i = 0; i < links.size(); ++i) {
      if (!measured[i]) std::abort();
      const double rtt = static_cast<double>(links[i].path.rtt) / 1e6;
      worst_rtt = std::max(worst_rtt, std::abs(measured[i]->rtt_ms - rtt));
      worst_connecting = std::max(worst_connecting, std::abs(measured[i]->connected_ms - 3 * rtt));
    }
    late.merge(relay.lateness());
  }
  state.counters["worst_rtt_error_ms"] = worst_rtt;
  state.counters["worst_connecting_error_ms"] = worst_connecting;
  state.counters["late_p50_us"] = late.quantile_us(0.5);
  state.counters["late_p99_us"] = late.quantile_us(0.99);
}
BENCHMARK(round_trips)->ArgName("links")->Arg(1)->Arg(40)->Arg(200)->Unit(benchmark::kSecond);

}  // namespace

BENCHMARK_MAIN();
