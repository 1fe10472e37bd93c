#include "deploy/lab/simulation/simulation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "deploy/lab/report/csv.h"
#include "tests/unit/deploy/lab/support_scenario.h"

using namespace atl::lab;
using atl::lab::testing::play;
using atl::lab::testing::read;
using atl::lab::testing::small;

namespace {

const RunOutcome& run_of(const Report& report, const std::string& id) {
  for (const RunOutcome& run : report.runs) {
    if (run.id == id) return run;
  }
  FAIL("no run " << id);
  return report.runs.front();
}

uint64_t errors_in(const RunOutcome& run, size_t from_s, size_t until_s) {
  uint64_t errors = 0;
  for (size_t i = from_s; i < until_s; ++i) errors += run.steps.at(i).errors;
  return errors;
}

}  // namespace

TEST_CASE("simulation: the same seed gives the same report byte for byte, another one does not") {
  const Scenario scenario =
      read(small("[[run]]\nid = \"a\"\nshield = \"fra\"\n"
                 "[[run]]\nid = \"b\"\ncdn = false\n"
                 "[[event]]\nat = \"20s\"\nkind = \"purge\"\nshare = 0.5\n"));
  const std::string one = report_json(play(scenario, 3));
  CHECK(one == report_json(play(scenario, 3)));
  CHECK(one != report_json(play(scenario, 4)));
}

TEST_CASE("simulation: every request is counted once, everywhere it is shown") {
  const Report report =
      play(read(small("[[run]]\nid = \"cdn\"\n[[run]]\nid = \"bare\"\ncdn = false\n")));
  for (const RunOutcome& run : report.runs) {
    CAPTURE(run.id);
    const Stats total = run.total();
    CHECK(total.requests == doctest::Approx(12'000).epsilon(0.05));
    CHECK(total.hits + total.stale + total.misses + total.errors == total.requests);
    CHECK(total.first_byte.count() == total.requests - total.errors);
    uint64_t steps = 0;
    uint64_t fetches = 0;
    for (const Step& step : run.steps) {
      steps += step.requests;
      fetches += step.origin_fetches;
    }
    CHECK(steps == total.requests);
    CHECK(fetches == run.origin_fetches);
    uint64_t pops = 0;
    uint64_t flows = 0;
    for (const PopOutcome& pop : run.pops) pops += pop.stats.requests;
    for (const auto& row : run.flows) {
      for (const uint64_t count : row) flows += count;
    }
    CHECK(pops == (run.cdn ? total.requests : 0));
    CHECK(flows == pops);
  }
  // Common random numbers: both runs see the same requests.
  CHECK(report.runs[0].total().requests == report.runs[1].total().requests);
  CHECK(report.runs[0].total().bytes == report.runs[1].total().bytes);
}

TEST_CASE(
    "simulation: what fits is fetched once for each PoP, and then nearer than the origin is") {
  const Report report =
      play(read(small("[[run]]\nid = \"cdn\"\n[[run]]\nid = \"bare\"\ncdn = false\n")));
  const RunOutcome& cdn = run_of(report, "cdn");
  CHECK(cdn.origin_fetches <= 400);  // 200 objects, two PoPs
  CHECK(cdn.origin_fetches > 350);
  CHECK(cdn.flows[0][0] == cdn.regions[0].requests);  // everybody at the nearest PoP
  CHECK(cdn.flows[1][1] == cdn.regions[1].requests);
  const RunOutcome& bare = run_of(report, "bare");
  CHECK(bare.origin_fetches == bare.total().requests);
  for (size_t region = 0; region < 2; ++region) {
    // No jitter and no loss: 5.1 ms to the PoP and 0.1 ms of service.
    CHECK(cdn.regions[region].first_byte.quantile_us(0.5) == doctest::Approx(5'215).epsilon(0.02));
    CHECK(bare.regions[region].first_byte.quantile_us(0.5) > 100'000);
  }
}

TEST_CASE("simulation: concurrent misses share one fetch, unless flights are off") {
  // One object that nobody has, and a thousand requests a second for it from one place: about a
  // hundred come before the first answer is back.
  const std::string crowd = "requests_per_s = 1000\nobjects = 1\nregions = [\"west\"]\n";
  const Report report = play(read(small(
      "[[run]]\nid = \"on\"\n[[run]]\nid = \"off\"\nflights = false\n", "ttl = \"1h\"\n", crowd)));
  CHECK(run_of(report, "on").origin_fetches == 1);
  const uint64_t off = run_of(report, "off").origin_fetches;
  CHECK(off > 60);
  CHECK(off < 250);
  CHECK(run_of(report, "on").total().misses ==
        doctest::Approx(static_cast<double>(off)).epsilon(0.2));
}

TEST_CASE("simulation: a shield fetches each object once, and others fetch from it") {
  const Report report =
      play(read(small("[[run]]\nid = \"with\"\nshield = \"nrt\"\n[[run]]\nid = \"without\"\n")));
  const RunOutcome& with = run_of(report, "with");
  CHECK(with.origin_fetches <= 200);
  CHECK(with.origin_fetches > 195);
  CHECK(run_of(report, "without").origin_fetches > 350);
  CHECK(with.total().hit_ratio() ==
        doctest::Approx(run_of(report, "without").total().hit_ratio()).epsilon(0.01));
}

TEST_CASE("simulation: while the origin is down only what may be stale is served") {
  const std::string outage =
      "[[event]]\nat = \"20s\"\nkind = \"origin-down\"\n"
      "[[event]]\nat = \"40s\"\nkind = \"origin-up\"\n"
      "[[run]]\nid = \"strict\"\n[[run]]\nid = \"lenient\"\nstale_if_error = \"1h\"\n";
  const Report report = play(
      read(small(outage, "ttl = \"2s\"\n", "requests_per_s = 500\nobjects = 20\nskew = 0.5\n")));
  const RunOutcome& strict = run_of(report, "strict");
  CHECK(errors_in(strict, 0, 19) == 0);
  CHECK(errors_in(strict, 22, 40) > 8000);
  CHECK(errors_in(strict, 41, 60) == 0);
  CHECK(strict.total().stale == 0);
  const RunOutcome& lenient = run_of(report, "lenient");
  CHECK(lenient.total().errors == 0);
  CHECK(lenient.total().stale > 8000);
}

TEST_CASE("simulation: stale is served at once where it may be, and fetched behind") {
  const Report report = play(
      read(small("[[run]]\nid = \"wait\"\n[[run]]\nid = \"swr\"\nstale_while_revalidate = \"1h\"\n",
                 "ttl = \"5s\"\n", "requests_per_s = 500\nobjects = 20\nskew = 0.5\n")));
  CHECK(run_of(report, "swr").total().stale > 0);
  CHECK(run_of(report, "swr").total().misses < run_of(report, "wait").total().misses / 3);
  // A revalidation brings no body.
  const RunOutcome& wait = run_of(report, "wait");
  CHECK(wait.origin_fetches > 300);
  CHECK(wait.origin_bytes == 40 * 16'384);
}

TEST_CASE("simulation: a PoP that fails costs its clients until routing and resolvers know") {
  const std::string failure =
      "[[event]]\nat = \"20s\"\nkind = \"pop-down\"\npop = \"fra\"\n"
      "[[event]]\nat = \"40s\"\nkind = \"pop-up\"\npop = \"fra\"\n"
      "[[run]]\nid = \"dns\"\n[[run]]\nid = \"anycast\"\nrouting = \"anycast\"\ndetour = 0\n";
  const Report report =
      play(read(small("[routing]\nanswer_ttl = \"5s\"\ndetection = \"2s\"\n" + failure)));
  const RunOutcome& dns = run_of(report, "dns");
  CHECK(errors_in(dns, 0, 20) == 0);
  CHECK(errors_in(dns, 20, 22) > 150);  // all of a hundred requests a second
  CHECK(errors_in(dns, 22, 27) > 100);  // those whose resolvers have not asked again
  CHECK(errors_in(dns, 28, 60) == 0);
  CHECK(dns.flows[0][1] > 500);  // west goes east meanwhile
  CHECK(dns.steps[45].requests > 0);
  const RunOutcome& anycast = run_of(report, "anycast");
  CHECK(errors_in(anycast, 20, 23) > 150);
  CHECK(errors_in(anycast, 23, 60) == 0);
}

TEST_CASE("simulation: a purge empties every PoP, a soft one makes it revalidate") {
  const auto purged = [](const std::string& how) {
    return play(read(small("[[event]]\nat = \"30s\"\nkind = \"purge\"\n" + how)));
  };
  const uint64_t unpurged = play(read(small(""))).runs[0].origin_fetches;
  const RunOutcome hard = purged("").runs[0];
  CHECK(hard.origin_fetches > unpurged + 350);
  CHECK(hard.origin_fetches <= 800);
  const RunOutcome half = purged("share = 0.5\n").runs[0];
  CHECK(half.origin_fetches == doctest::Approx(unpurged + 200).epsilon(0.1));
  const RunOutcome soft = purged("soft = true\n").runs[0];
  CHECK(soft.origin_fetches > unpurged + 350);
  const RunOutcome storm = purged("per_s = 10\nlasts = \"10s\"\n").runs[0];
  CHECK(storm.origin_fetches > unpurged + 50);
  CHECK(storm.origin_fetches <= unpurged + 200);
}

TEST_CASE("simulation: an origin that answers few at a time makes the others wait") {
  const std::string few = "requests_per_s = 100\nkind = \"once\"\nsize = \"1KiB\"\n";
  Scenario scenario = read(small("", "", few));
  const double alone = play(scenario).runs[0].total().first_byte.mean_us();
  scenario.origin.concurrency = 3;  // 3 of 30 ms: a hundred a second, and no more
  CHECK(play(scenario).runs[0].total().first_byte.mean_us() > alone + 30'000);
  scenario.runs[0].cache.fetch_timeout = Span{100};
  CHECK(play(scenario).runs[0].total().errors > 0);
}

TEST_CASE("simulation: nodes of a PoP share keys, so together they hold what one would") {
  Scenario scenario = read(small(""));
  const uint64_t alone = play(scenario).runs[0].origin_fetches;
  for (PopSpec& pop : scenario.pops) pop.nodes = 4;
  CHECK(play(scenario).runs[0].origin_fetches == alone);
}

TEST_CASE("simulation: uncacheable requests all go to the origin") {
  const Report report =
      play(read(small("", "", "requests_per_s = 50\nobjects = 5\ncacheable = false\n")));
  CHECK(report.runs[0].origin_fetches == report.runs[0].total().requests);
  CHECK(report.runs[0].total().misses == report.runs[0].total().requests);
}

TEST_CASE("simulation: a smaller cache evicts and hits less") {
  Scenario scenario = read(small("[sweep]\ncache = [\"256KiB\", \"1MiB\", \"4MiB\"]\n", "",
                                 "requests_per_s = 500\nobjects = 1000\nsize = \"8KiB\"\n"));
  const Report report = play(scenario);
  REQUIRE(report.sweep);
  REQUIRE(report.sweep->points.size() == 3);
  for (size_t i = 1; i < 3; ++i) {
    CHECK(report.runs[i].total().hit_ratio() > report.runs[i - 1].total().hit_ratio() + 0.05);
    CHECK(report.runs[i].pops[0].bytes <= report.sweep->points[i].value);
  }
  CHECK(report.runs[0].pops[0].evictions > 1000);
}

TEST_CASE("report: tables have a line for each thing and all of their columns") {
  const Report report = play(read(small("[[run]]\nid = \"a\"\n[[run]]\nid = \"b\"\n")));
  struct Row {
    std::string text;
    size_t lines;
  };
  for (const Row& row :
       {Row{regions_csv(report), 5}, Row{pops_csv(report), 5}, Row{timeline_csv(report), 121}}) {
    const auto count = [](std::string_view text, char c) {
      return static_cast<size_t>(std::ranges::count(text, c));
    };
    CHECK(count(row.text, '\n') == row.lines);
    const std::string header = row.text.substr(0, row.text.find('\n'));
    CAPTURE(header);
    CHECK(count(row.text, ',') == row.lines * count(header, ','));
  }
  CHECK(latency_csv(report).starts_with("run,region,ms,share\na,west,"));
}
