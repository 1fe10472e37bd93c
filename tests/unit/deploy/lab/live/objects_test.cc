#include "deploy/lab/live/objects.h"

#include <doctest/doctest.h>

#include "deploy/lab/simulation/pop_model.h"
#include "deploy/lab/simulation/traffic.h"
#include "tests/unit/deploy/lab/support_scenario.h"

namespace atl::lab {
namespace {

using testing::read;
using testing::small;

TEST_CASE("objects: lifetimes are those of the workload, else of the run") {
  const Scenario scenario = read(
      small("[[workload]]\nname = \"api\"\nrequests_per_s = 1\nobjects = 5\nttl = \"7s\"\n"
            "[[workload]]\nname = \"private\"\nrequests_per_s = 1\nobjects = 5\ncacheable = false\n"
            "[[run]]\nid = \"a\"\nttl = \"2m\"\nstale_while_revalidate = \"10s\"\n"
            "stale_if_error = \"1h\"\n"));
  const Objects objects(scenario, scenario.runs[0]);
  CHECK(objects.target(object_name(0, 3), 99) == "/object/3?size=99&ttl=120s&swr=10s&sie=3600s");
  const std::string api = objects.target(object_name(1, 3), 99);
  CHECK(api.find("&ttl=7s&") != std::string::npos);
  CHECK(objects.target(object_name(2, 3), 99).starts_with("/pass/"));
  CHECK(objects.url(object_name(0, 3), 99) ==
        "http://lab.example/object/3?size=99&ttl=120s&swr=10s&sie=3600s");
  const std::string request = objects.request(object_name(0, 3), 99, 35);
  CHECK(request.find("\r\nSynthetic-Delay: 35ms\r\n\r\n") != std::string::npos);
  CHECK(request.find("\r\nHost: lab.example\r\n") != std::string::npos);
}

TEST_CASE("objects: the tag of a purge is on those that the simulation purges") {
  const Scenario scenario =
      read(small("[[event]]\nat = \"6s\"\nkind = \"purge\"\nshare = 0.3\n"
                 "[[event]]\nat = \"9s\"\nkind = \"purge\"\n"));
  const Objects objects(scenario, scenario.runs[0]);
  int tagged = 0;
  for (uint64_t i = 1; i <= 1000; ++i) {
    const bool has = objects.target(object_name(0, i), 1).find("&tag=purge-0") != std::string::npos;
    CHECK(has == PopModel::in_share(object_name(0, i), 0.3, 0));
    tagged += has ? 1 : 0;
  }
  CHECK(tagged > 250);
  CHECK(tagged < 350);
  CHECK(objects.target(object_name(0, 1), 1).find("purge-1") == std::string::npos);
}

}  // namespace
}  // namespace atl::lab
