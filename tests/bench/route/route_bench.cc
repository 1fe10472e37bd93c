// Routing decisions per second over one snapshot, without locating the client in a database
// (tests/bench/dns measures that with it). "items_per_second" is decisions.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "control-plane/geo/choice.h"
#include "lib/base/durable_file.h"

namespace atl::geo {
namespace {

constexpr size_t kPlaces = 4096;  // of clients, all asked for in turn

std::shared_ptr<const RttMatrix> measured() {
  const std::string folder = std::string(ATOLL_SOURCE) + "/deploy/lab/latency/";
  const auto regions = read_file(folder + "aws_regions.csv", 1 << 20);
  const auto matrix = read_file(folder + "aws_p50_1y_2025-05-29.csv", 1 << 20);
  if (!regions || !*regions || !matrix || !*matrix) {
    std::fprintf(stderr, "there is no matrix in %s\n", folder.c_str());
    std::exit(1);
  }
  auto parsed = RttMatrix::parse({"regions", **regions}, {"matrix", **matrix});
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().front().c_str());
    std::exit(1);
  }
  return std::make_shared<const RttMatrix>(*std::move(parsed));
}

// PoPs and clients over all latitudes that people live at; every twentieth PoP is down and every
// twentieth sheds a share. PoPs are biased, and some let nobody in from DE.
class World {
 public:
  World(size_t pops, bool with_matrix, PolicySpec policy) {
    std::vector<PopSpec> specs;
    std::vector<PopStatus> status;
    for (size_t i = 0; i < pops; ++i) {
      specs.push_back({"pop" + std::to_string(i), place(), static_cast<int>(i % 7) * 5 - 15, {}});
      if (i % 50 == 7) specs.back().fence = {Fence::Kind::Deny, {"DE"}};
      status.push_back(
          {i % 20 == 3 ? PopState::Down : PopState::Active, 0.5, i % 20 == 5 ? 0.25 : 0.0});
    }
    chart_ = std::make_shared<const Chart>(std::move(specs), std::vector{std::move(policy)},
                                           with_matrix ? measured() : nullptr, 500);
    snapshot_ = std::make_unique<const Snapshot>(chart_, std::move(status));
    for (size_t i = 0; i < kPlaces; ++i) {
      Place client;
      client.source = Source::City;
      client.coordinates = place();
      client.country = i % 3 == 0 ? "DE" : "FR";
      places_.push_back(client);
      addresses_.push_back(*parse_address("10.0.0.1"));
      addresses_.back().bytes[13] = static_cast<uint8_t>(i >> 8);
      addresses_.back().bytes[14] = static_cast<uint8_t>(i);
    }
  }

  void run(benchmark::State& state, size_t limit) const {
    Decision decision;
    size_t i = 0;
    for (auto _ : state) {
      choose(*snapshot_, {places_[i % kPlaces], addresses_[i % kPlaces], 0}, limit, decision);
      benchmark::DoNotOptimize(decision.chosen);
      ++i;
    }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  }

 private:
  Coordinates place() { return {latitude_(random_), longitude_(random_)}; }

  std::mt19937 random_{11};
  std::uniform_real_distribution<double> latitude_{-40, 60};
  std::uniform_real_distribution<double> longitude_{-180, 180};
  std::shared_ptr<const Chart> chart_;
  std::unique_ptr<const Snapshot> snapshot_;
  std::vector<Place> places_;
  std::vector<Address> addresses_;
};

// The front doors' own questions: HTTP asks for one PoP, DNS for the best eight.
void nearest(benchmark::State& state) {
  const World world(static_cast<size_t>(state.range(0)), true, {});
  world.run(state, static_cast<size_t>(state.range(1)));
}
BENCHMARK(nearest)->ArgNames({"pops", "limit"})->ArgsProduct({{6, 30, 300, 1000}, {1, 8}});

void nearest_by_model(benchmark::State& state) {
  const World world(300, false, {});
  world.run(state, static_cast<size_t>(state.range(0)));
}
BENCHMARK(nearest_by_model)->ArgName("limit")->Arg(1)->Arg(8);

void canary(benchmark::State& state) {
  PolicySpec policy;
  policy.canary = {{0, 5}};
  policy.salt = "bench";
  World(300, true, policy).run(state, 1);
}
BENCHMARK(canary);

void weighted(benchmark::State& state) {
  PolicySpec policy;
  policy.steer = Steer::Weighted;
  policy.targets = {{0, 90}, {1, 9}, {2, 1}};
  policy.salt = "bench";
  World(300, true, policy).run(state, 1);
}
BENCHMARK(weighted);

}  // namespace
}  // namespace atl::geo

BENCHMARK_MAIN();
