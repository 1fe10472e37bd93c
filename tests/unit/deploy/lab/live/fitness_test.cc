#include <doctest/doctest.h>

#include "deploy/lab/live/live.h"
#include "tests/unit/deploy/lab/support_scenario.h"

namespace atl::lab {
namespace {

using testing::read;
using testing::small;

TEST_CASE("live: a scenario with every event is played") {
  const Scenario scenario =
      read(small("[[event]]\nat = \"1s\"\nkind = \"pop-down\"\npop = \"fra\"\n"
                 "[[event]]\nat = \"2s\"\nkind = \"pop-up\"\npop = \"fra\"\n"
                 "[[event]]\nat = \"3s\"\nkind = \"origin-slow\"\nfactor = 3\n"
                 "[[event]]\nat = \"4s\"\nkind = \"origin-down\"\n"
                 "[[event]]\nat = \"5s\"\nkind = \"origin-up\"\n"
                 "[[event]]\nat = \"6s\"\nkind = \"purge\"\nshare = 0.5\n"
                 "[[run]]\nid = \"a\"\nshield = \"nrt\"\nstale_if_error = \"1h\"\n"));
  CHECK(not_live(scenario) == std::vector<std::string>{});
}

TEST_CASE("live: what cannot be played is said, each thing with its name") {
  struct Row {
    const char* extra;
    const char* what;
  };
  for (const Row& row :
       {Row{"[[pop]]\nid = \"iad\"\nlatitude = 39\nlongitude = -77\nnodes = 3\n",
            "iad has 3 nodes"},
        Row{"[[run]]\nid = \"a\"\nttl = \"1500ms\"\n", "run a: HTTP counts lifetimes"},
        Row{"[[run]]\nid = \"a\"\nstale_if_error = \"10ms\"\n", "run a: HTTP counts lifetimes"},
        Row{"[[workload]]\nname = \"api\"\nrequests_per_s = 1\nobjects = 1\nttl = \"20ms\"\n",
            "workload api: HTTP counts lifetimes"},
        Row{"[[run]]\nid = \"a\"\nsize = \"512KiB\"\n", "run a: an edge's cache"}}) {
    CAPTURE(row.what);
    const std::vector<std::string> reasons = not_live(read(small(row.extra)));
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].find(row.what) != std::string::npos);
  }
}

TEST_CASE("live: a run that the machine was too slow for has a note, others have none") {
  std::vector<RunOutcome> runs(3);
  for (int i = 0; i < 3; ++i) runs[i].id = std::string("run-") + "abc"[i];
  runs[0].lateness.emplace();
  runs[1].lateness.emplace();
  for (int i = 0; i < 1000; ++i) {
    runs[0].lateness->relay.record(100);
    runs[1].lateness->relay.record(i < 900 ? 100 : 7000);
  }
  const auto notes = live_notes(runs);
  REQUIRE(notes.size() == live_notes({}).size() + 1);
  CHECK(notes.back().find("run-b") != std::string::npos);
  CHECK(notes.back().find("7.0 ms") != std::string::npos);
}

}  // namespace
}  // namespace atl::lab
