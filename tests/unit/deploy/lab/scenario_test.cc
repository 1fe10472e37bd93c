#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "deploy/lab/scenario/latency_matrix.h"
#include "deploy/lab/scenario/read.h"
#include "tests/unit/deploy/lab/support_scenario.h"

using namespace atl::lab;
using atl::lab::testing::read;
using atl::lab::testing::small;
using namespace std::chrono_literals;

TEST_CASE("scenario: what the file says is what is read, and the rest has its defaults") {
  const Scenario scenario = read(
      small("[[event]]\nat = \"10s\"\nkind = \"pop-down\"\npop = \"nrt\"\n"
            "[[event]]\nat = \"5s\"\nkind = \"flash-crowd\"\nlasts = \"20s\"\nrequests_per_s = 9\n"
            "[[run]]\nid = \"bare\"\ncdn = false\n"
            "[[run]]\nid = \"other\"\nrouting = \"random\"\npolicy = \"lru\"\nsize = \"1MiB\"\n"
            "shield = \"fra\"\nflights = false\n",
            "ttl = \"90s\"\n"));
  CHECK(scenario.name == "small");
  CHECK(scenario.duration == 60s);
  CHECK(scenario.network.requests_per_connection == 4);
  CHECK(scenario.network.classes.size() == 1);
  REQUIRE(scenario.events.size() == 2);
  CHECK(scenario.events[0].kind == TimelineEvent::Kind::FlashCrowd);  // in order of time
  CHECK(scenario.events[1].title == "nrt goes down");
  REQUIRE(scenario.streams.size() == 2);
  CHECK(scenario.streams[1].from == 5s);
  CHECK(scenario.streams[1].until == 25s);
  REQUIRE(scenario.runs.size() == 2);
  CHECK_FALSE(scenario.runs[0].cdn);
  CHECK(scenario.runs[0].cache.ttl == 90s);
  CHECK(scenario.runs[1].routing.mode == RoutingMode::Random);
  CHECK(scenario.runs[1].cache.policy == "lru");
  CHECK(scenario.runs[1].cache_bytes == uint64_t{1} << 20);
  CHECK(scenario.runs[1].cache.shield == "fra");
  CHECK_FALSE(scenario.runs[1].cache.flights);
}

TEST_CASE("scenario: a sweep makes a run of each size") {
  const Scenario scenario = read(small("[sweep]\ncache = [\"1MiB\", \"2MiB\"]\n"));
  REQUIRE(scenario.runs.size() == 2);
  CHECK(scenario.runs[1].cache_bytes == uint64_t{2} << 20);
  CHECK(scenario.sweep->runs == std::vector<std::string>{scenario.runs[0].id, scenario.runs[1].id});
}

TEST_CASE("scenario: what is wrong is refused with its place") {
  struct Row {
    std::string text;
    const char* problem;  // part of it
  };
  const std::string event = "[[event]]\nat = \"10s\"\n";
  for (const Row& row : {
           Row{small("[[run]]\nid = \"a\"\ncolour = \"red\"\n"), "colour"},
           Row{small("[[run]]\nid = \"a\"\n[[run]]\nid = \"a\"\n"), "id is there twice"},
           Row{small("[[run]]\nid = \"a b\"\n"), "id must be letters"},
           Row{small("[[run]]\nid = \"a\"\nshield = \"fre\"\n"), "did you mean fra?"},
           Row{small("[[run]]\nid = \"a\"\npolicy = \"mru\"\n"), "policy must be one of lru"},
           Row{small("[[run]]\nid = \"a\"\nrouting = \"near\"\n"), "routing must be one of"},
           Row{small(event + "kind = \"pop-down\"\npop = \"lhr\"\n"), "names lhr"},
           Row{small("[[event]]\nat = \"61s\"\nkind = \"purge\"\n"), "at is after the duration"},
           Row{small("[[event]]\nkind = \"purge\"\n"), "at is needed"},
           Row{small(event + "kind = \"purge\"\nper_s = 1\nshare = 0.5\n"), "two kinds of purge"},
           Row{small(event + "kind = \"flash-crowd\"\nrequests_per_s = 1\n"), "goes on after"},
           Row{small("[sweep]\ncache = [\"1 parsec\"]\n"), "which is no size"},
           Row{small("[sweep]\ncache = [\"1MiB\"]\n[[run]]\nid = \"a\"\n[[run]]\nid = \"b\"\n"),
               "at most one [[run]]"},
           Row{small("", "", "objects = 5\n"), "requests_per_s is needed"},
           Row{small("", "", "requests_per_s = 5\nregions = [\"north\"]\n"), "names north"},
           Row{small("[[region]]\nid = \"x\"\n"), "site is needed"},
           Row{small("[[region]]\nid = \"x\"\nsite = \"moon\"\n"), "not among the places"},
           Row{small("[[region]]\nid = \"x\"\nlatitude = 1\n"), "needs the other coordinate"},
           Row{small("[[class]]\nname = \"c\"\njitter_sigma = 2\n"), "lognormal\" only"},
           Row{"title = \"t\"\n", "there is no origin"},
           Row{"title = \"t\"\n", "there are no clients"},
           Row{"title = \"t\"\nwarmup = \"20m\"\n", "warmup must be shorter"},
           Row{"title = \"t\"\n[network]\nmatrix = \"nowhere.csv\"\n", "which is not there"},
       }) {
    CAPTURE(row.text);
    const auto scenario = read_scenario_text("bad.toml", row.text, "no-such-folder/");
    REQUIRE_FALSE(scenario);
    const auto said = [&](const std::string& problem) {
      return problem.starts_with("bad.toml") && problem.find(row.problem) != std::string::npos;
    };
    INFO(scenario.error().front());
    CHECK(std::ranges::any_of(scenario.error(), said));
  }
}

TEST_CASE("scenario: a smaller copy has the same proportions, and a flash crowd still its object") {
  const Scenario whole =
      read(small("[[event]]\nat = \"1s\"\nkind = \"flash-crowd\"\n"
                 "lasts = \"5s\"\nrequests_per_s = 100\n"));
  const Scenario tenth = scaled(whole, 0.1);
  CHECK(tenth.streams[0].requests_per_s == doctest::Approx(20));
  CHECK(tenth.streams[0].objects == 20);
  CHECK(tenth.streams[1].objects == 1);
  CHECK(tenth.pops[0].cache_bytes == 6710886);
  CHECK(tenth.origin.concurrency == 0);  // any number, still
}

TEST_CASE("latency matrix: round trips by row and column, places by name") {
  auto matrix = LatencyMatrix::parse("from\\to,a,b\nb,3.5,4\r\n\na,1,2.5\n");
  REQUIRE(matrix);
  CHECK(matrix->size() == 2);
  CHECK(matrix->rtt_ms("a", "b") == 2.5);
  CHECK(matrix->rtt_ms("b", "a") == 3.5);
  CHECK_FALSE(matrix->rtt_ms("a", "c"));
  REQUIRE(matrix->parse_places("region,city,lat,lon\na,Here,10,-20\n"));
  CHECK(matrix->place("a")->city == "Here");
  CHECK(matrix->place("b") == nullptr);
  const Site here{"", "a", {10, -20}};
  CHECK(base_rtt_ms(*matrix, here, here) == 1);
  const Site elsewhere{"", "", {10, -20}};  // not measured: 5 ms and nothing for no distance
  CHECK(base_rtt_ms(*matrix, here, elsewhere) == doctest::Approx(5));
}

TEST_CASE("latency matrix: what is damaged is refused with its line") {
  struct Row {
    const char* text;
    const char* problem;
  };
  for (const Row& row :
       {Row{"", "empty"}, Row{"from\\to\n", "line 1"}, Row{"from\\to,a,a\n", "a is there twice"},
        Row{"from\\to,\n", "no name"}, Row{"from\\to,a\nb,1\n", "line 2: b is not among"},
        Row{"from\\to,a\na,1,2\n", "3 columns"}, Row{"from\\to,a\na,-1\n", "milliseconds"},
        Row{"from\\to,a\na,nan\n", "milliseconds"}, Row{"from\\to,a\na,1e9\n", "milliseconds"},
        Row{"from\\to,a\na,1\na,1\n", "line 3: row a is there twice"},
        Row{"from\\to,a,b\na,1,2\n", "no row b"}}) {
    CAPTURE(row.text);
    const auto matrix = LatencyMatrix::parse(row.text);
    REQUIRE_FALSE(matrix);
    CHECK(matrix.error().find(row.problem) != std::string::npos);
  }
  for (const char* text : {"region,lat\n", "region,city,lat,lon\na,b,91,0\n",
                           "region,city,lat,lon\na,b,x,0\n", "region,city,lat,lon\na,b,1\n"}) {
    CAPTURE(text);
    LatencyMatrix matrix;
    CHECK_FALSE(matrix.parse_places(text));
  }
}
