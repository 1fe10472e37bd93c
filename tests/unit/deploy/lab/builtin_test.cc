// The scenarios that come with Atoll, played small: each shows what its description says.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/unit/deploy/lab/support_scenario.h"

using namespace atl::lab;
using atl::lab::testing::play;

namespace {

Report play_builtin(const std::string& name, double scale) {
  const auto scenario = read_scenario(std::string(ATOLL_SCENARIOS "/") + name + ".toml");
  if (!scenario) FAIL(scenario.error().front());
  return play(scaled(*scenario, scale));
}

const RunOutcome& run_of(const Report& report, const std::string& id) {
  const auto found = std::ranges::find(report.runs, id, &RunOutcome::id);
  REQUIRE(found != report.runs.end());
  return *found;
}

double p95(const Stats& stats) { return stats.first_byte.quantile_us(0.95); }
double p50(const Stats& stats) { return stats.first_byte.quantile_us(0.5); }

size_t step_at(const RunOutcome& run, double seconds) {
  return static_cast<size_t>(seconds / run.step_s);
}

}  // namespace

TEST_CASE("built-in: thirteen regions are all nearer with the CDN") {
  const Report report = play_builtin("thirteen-regions", 0.1);
  const RunOutcome& without = run_of(report, "without-cdn");
  const RunOutcome& with = run_of(report, "with-cdn");
  REQUIRE(with.regions.size() == 13);
  for (size_t i = 0; i < 13; ++i) {
    CAPTURE(report.regions[i].id);
    CHECK(p50(with.regions[i]) < p50(without.regions[i]));
    CHECK(p95(with.regions[i]) < p95(without.regions[i]));
  }
  CHECK(with.offload() > 0.8);
}

TEST_CASE("built-in: a PoP's failure lasts as long as answers do, anycast's as long as detection") {
  const Report report = play_builtin("pop-failure", 0.1);
  const uint64_t quick = run_of(report, "dns-20s").total().errors;
  const uint64_t slow = run_of(report, "dns-120s").total().errors;
  const uint64_t anycast = run_of(report, "anycast").total().errors;
  CHECK(quick > 0);
  CHECK(slow > 3 * quick);
  CHECK(anycast < quick / 2);
  for (const RunOutcome& run : report.runs) {
    CAPTURE(run.id);
    CHECK(run.steps[step_at(run, 420) - 1].errors == 0);  // three minutes later nobody fails
  }
}

TEST_CASE("built-in: stale-if-error carries the site over an outage") {
  const Report report = play_builtin("origin-outage", 0.1);
  const Stats strict = run_of(report, "strict").total();
  const Stats lenient = run_of(report, "stale-if-error").total();
  CHECK(strict.errors > strict.requests / 10);
  CHECK(lenient.errors < lenient.requests / 50);
  CHECK(lenient.stale > lenient.requests / 20);
}

TEST_CASE("built-in: with a shield the origin is asked once for each object") {
  const Report report = play_builtin("shield", 0.1);
  const uint64_t objects = 2000;
  CHECK(run_of(report, "with-shield").origin_fetches <= objects);
  CHECK(run_of(report, "without-shield").origin_fetches > 4 * objects);
}

TEST_CASE("built-in: under a scan the default policy hits more than least recently used") {
  const Report report = play_builtin("policies", 0.1);
  REQUIRE(report.runs.size() == 6);
  CHECK(run_of(report, "cq").total().hit_ratio() >
        run_of(report, "lru").total().hit_ratio() + 0.05);
}

TEST_CASE("built-in: the more cache, the more hits") {
  const Report report = play_builtin("cache-size-sweep", 0.1);
  REQUIRE(report.sweep->points.size() == 9);
  for (size_t i = 1; i < report.runs.size(); ++i) {
    CAPTURE(report.runs[i].id);
    CHECK(report.runs[i].total().hit_ratio() >= report.runs[i - 1].total().hit_ratio());
  }
  CHECK(report.runs.back().total().hit_ratio() > report.runs.front().total().hit_ratio() + 0.3);
}

TEST_CASE("built-in: serving stale spares clients a soft purge, nothing spares them a hard one") {
  const Report report = play_builtin("purge-storm", 0.1);
  const RunOutcome& on_demand = run_of(report, "on-demand");
  const RunOutcome& behind = run_of(report, "while-revalidate");
  const auto hits_in = [](const RunOutcome& run, double second) {
    const Step& step = run.steps[step_at(run, second)];
    return static_cast<double>(step.hits + step.stale) / static_cast<double>(step.requests);
  };
  CHECK(hits_in(on_demand, 360) < hits_in(on_demand, 350) - 0.2);
  CHECK(hits_in(behind, 360) < hits_in(behind, 350) - 0.2);
  CHECK(hits_in(on_demand, 480) < hits_in(on_demand, 470) - 0.2);
  CHECK(hits_in(behind, 480) > hits_in(behind, 470) - 0.1);
}

TEST_CASE("built-in: flights keep a flash crowd from the origin") {
  const Report report = play_builtin("flash-crowd", 0.5);
  const RunOutcome& without = run_of(report, "without-flights");
  const RunOutcome& with = run_of(report, "with-flights");
  CHECK(without.origin_fetches > 3 * with.origin_fetches);
  CHECK(without.total().first_byte.quantile_us(0.99) > with.total().first_byte.quantile_us(0.99));
}

TEST_CASE("built-in: routing by distance beats anycast, anycast beats chance") {
  const Report report = play_builtin("routing", 0.1);
  const double nearest = run_of(report, "nearest").total().first_byte.mean_us();
  const double anycast = run_of(report, "anycast").total().first_byte.mean_us();
  const double random = run_of(report, "random").total().first_byte.mean_us();
  CHECK(nearest < anycast);
  CHECK(anycast * 1.5 < random);
}

TEST_CASE("built-in: every file of the folder is played above") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ATOLL_SCENARIOS)) {
    files += static_cast<size_t>(entry.path().extension() == ".toml");
  }
  CHECK(files == 9);
}
