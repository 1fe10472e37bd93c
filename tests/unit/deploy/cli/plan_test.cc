#include "deploy/cli/replay/plan.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "deploy/cli/api.h"

namespace atl::cli {
namespace {

Plan plan_of(const std::vector<std::string>& definitions) {
  auto plan = plan_from_pops(definitions);
  REQUIRE(plan.has_value());
  return *std::move(plan);
}

TEST_CASE("plan: PoPs are named with an address, nodes by repetition") {
  const Plan plan = plan_of({"fra=127.0.1.1:8080", "sin=[::1]:81", "fra=127.0.1.2:8080"});
  REQUIRE(plan.pops.size() == 2);
  CHECK(plan.pops[0].name == "fra");
  CHECK(plan.pops[0].endpoints == std::vector<std::string>{"127.0.1.1:8080", "127.0.1.2:8080"});
  CHECK(plan.pops[1].endpoints == std::vector<std::string>{"[::1]:81"});
  CHECK(plan.clients.size() == 2);
}

TEST_CASE("plan: a definition that is not a PoP is refused") {
  for (const char* bad : {"", "fra", "fra=", "=127.0.0.1:80", "fra=127.0.0.1", "fra=127.0.0.1:0",
                          "fra=127.0.0.1:65536", "fra=127.0.0.1:80x", "fra=:80", "fra=a/b:80",
                          "fra=u@h:80", "fra=::1:80", "fra =h:80", "f\x1b[1m=h:80"}) {
    CAPTURE(bad);
    CHECK_FALSE(plan_from_pops({bad}).has_value());
  }
}

TEST_CASE("plan: the destination of a row depends on row and seed alone, and spreads") {
  const Plan plan = plan_of({"a=h:1", "a=h:2", "b=h:3", "c=h:4"});
  std::map<std::string_view, int> used;
  int moved = 0;
  for (uint64_t row = 1; row <= 6000; ++row) {
    const Destination once = assign(plan, row, 1);
    const Destination twice = assign(plan, row, 1);
    REQUIRE(once.pop == twice.pop);
    REQUIRE(once.endpoint == twice.endpoint);
    ++used[once.endpoint];
    moved += once.pop != assign(plan, row, 2).pop;
  }
  CHECK(used["h:3"] > 1800);
  CHECK(used["h:4"] > 1800);
  CHECK(used["h:1"] > 850);
  CHECK(used["h:2"] > 850);
  CHECK(moved > 3600);
}

TEST_CASE("plan: default clients are different addresses") {
  const auto clients = default_clients();
  CHECK(std::set(clients.begin(), clients.end()).size() == clients.size());
  CHECK(clients.size() >= 12);
}

TEST_CASE("plan: an address that is none never reaches the control plane") {
  const auto plan = plan_from_control(*Api::open({"http://127.0.0.1:1", ""}), {"91.0.0.1&x=y"});
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error() == "\"91.0.0.1&x=y\" is not an IP address");
}

TEST_CASE("base url: a scheme is added, the last slash removed, the rest refused") {
  CHECK(parse_base_url("127.0.0.1:8000") == "http://127.0.0.1:8000");
  CHECK(parse_base_url("http://127.0.0.1:8000/") == "http://127.0.0.1:8000");
  for (const char* bad :
       {"", "ftp://h", "file:///etc/passwd", "http://h/?q", "http://h/#f", "http://"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_base_url(bad).has_value());
  }
}

}  // namespace
}  // namespace atl::cli
