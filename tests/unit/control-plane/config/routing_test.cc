#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "control-plane/config/read.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;

// Two PoPs, from line 3 on; `pop` belongs to the second one. `routing` follows, then
// `distribution`.
struct Text {
  std::string pop;
  std::string routing;
  std::string distribution;

  std::string whole() const {
    return R"([control]
state_dir = "state"
[[origin]]
id = "www"
endpoint = "origin:7400"
source = "www"
[[origin_group]]
id = "www"
origins = ["www"]
[[pop]]
id = "fra"
latitude = 50.11
longitude = 8.68
endpoints = ["127.0.1.1:8080"]
[[pop]]
id = "syd"
latitude = -33.87
longitude = 151.21
endpoints = ["127.0.2.1:8080"]
)" + pop + routing +
           R"([[distribution]]
id = "site"
hosts = ["*"]
)" + distribution +
           R"([[distribution.behaviour]]
path = "*"
origin_group = "www"
)";
  }
};

TEST_CASE("routing: everything that can be said") {
  Text text;
  text.pop =
      "bias = -20\ncapacity_rps = 5000\ncapacity_cores = 3.5\ndeny_countries = [\"AU\", \"NZ\"]\n";
  text.routing =
      "[routing]\nrtt_matrix = \"m.csv\"\nrtt_regions = \"/abs/r.csv\"\nrtt_radius_km = 300\n"
      "spill_above = 80\nspill_below = 60\nspill_interval = \"5s\"\n";
  text.distribution =
      "[distribution.routing]\npolicy = \"weighted\"\nallow_countries = [\"DE\"]\n"
      "[[distribution.routing.target]]\npop = \"syd\"\nweight = 3\n"
      "[[distribution.routing.target]]\npop = \"fra\"\n";
  const auto config = parse_config("etc/c.toml", text.whole());
  REQUIRE(config);
  const PopConfig& syd = config->pops[1];
  CHECK(syd.bias == -20);
  CHECK(syd.capacity_rps == 5000);
  CHECK(syd.capacity_cores == 3.5);
  CHECK(syd.fence == geo::Fence{geo::Fence::Kind::Deny, {"AU", "NZ"}});
  const RoutingConfig& routing = config->routing;
  CHECK(routing.matrix_path == "etc/m.csv");
  CHECK(routing.regions_path == "/abs/r.csv");
  CHECK(routing.radius_km == 300);
  CHECK(routing.spill == geo::SpillRule{0.8, 0.6});
  CHECK(routing.spill_interval == 5s);
  geo::PolicySpec policy;
  policy.steer = geo::Steer::Weighted;
  policy.targets = {{1, 3}, {0, 1}};
  policy.fence = {geo::Fence::Kind::Allow, {"DE"}};
  policy.salt = "site";
  CHECK(routing.distributions == std::vector{policy});
}

TEST_CASE("routing: in order, and with a canary") {
  Text text;
  text.distribution = "[distribution.routing]\npolicy = \"failover\"\npops = [\"syd\", \"fra\"]\n";
  auto config = parse_config("c.toml", text.whole());
  REQUIRE(config);
  CHECK(config->routing.distributions[0].steer == geo::Steer::Failover);
  CHECK(config->routing.distributions[0].targets ==
        std::vector<geo::PolicySpec::Target>{{1, 1}, {0, 1}});
  text.distribution =
      "[distribution.routing]\npops = [\"fra\"]\n[distribution.routing.canary]\npop = \"syd\"\n"
      "percent = 2.5\n";
  config = parse_config("c.toml", text.whole());
  REQUIRE(config);
  CHECK(config->routing.distributions[0].canary == geo::PolicySpec::Canary{1, 2.5});
}

TEST_CASE("routing: what is left out has its default") {
  const auto config = parse_config("c.toml", Text().whole());
  REQUIRE(config);
  RoutingConfig defaults;
  defaults.distributions.resize(1);
  CHECK(config->routing == defaults);
  CHECK(config->pops[0].bias == 0);
  CHECK_FALSE(config->pops[0].capacity_rps);
  CHECK_FALSE(config->pops[0].capacity_cores);
  CHECK(config->pops[0].fence == geo::Fence{});
}

TEST_CASE("routing: each thing that can be wrong, with its place") {
  struct Row {
    Text text;
    const char* begins;  // the first problem
  };
  const std::string head = "[distribution.routing]\n";
  for (const Row& row : {
           Row{{"bias = 100\n", "", ""}, "c.toml:20:8: bias must be"},
           Row{{"bias = -100\n", "", ""}, "c.toml:20:8: bias must be"},
           Row{{"capacity_rps = 0\n", "", ""}, "c.toml:20:16: capacity_rps must be"},
           Row{{"capacity_cores = 0\n", "", ""}, "c.toml:20:18: capacity_cores must be"},
           Row{{"capacity_cores = nan\n", "", ""}, "c.toml:20:18: capacity_cores must be"},
           Row{{"allow_countries = [\"UK\"]\n", "", ""},
               "c.toml:20:19: allow_countries names \"UK\", which is no country"},
           Row{{"deny_countries = [\"de\"]\n", "", ""},
               "c.toml:20:18: deny_countries names \"de\", which is no country"},
           Row{{"deny_countries = [\"DE\", \"DE\"]\n", "", ""},
               "c.toml:20:18: deny_countries names \"DE\" twice"},
           Row{{"deny_countries = []\n", "", ""}, "c.toml:20:18: deny_countries is empty"},
           Row{{"allow_countries = [\"DE\"]\ndeny_countries = [\"FR\"]\n", "", ""},
               "c.toml:21:18: deny_countries contradicts allow_countries"},
           Row{{"", "[routing]\nrtt_matrix = \"m\"\n", ""},
               "c.toml:21:14: rtt_matrix needs rtt_regions"},
           Row{{"", "[routing]\nrtt_regions = \"m\"\n", ""},
               "c.toml:21:15: rtt_regions has no meaning without rtt_matrix"},
           Row{{"", "[routing]\nrtt_radius_km = 5\n", ""},
               "c.toml:21:17: rtt_radius_km has no meaning without rtt_matrix"},
           Row{{"", "[routing]\nspill_above = 50\n", ""},
               "c.toml:21:15: spill_above has no meaning: no [[pop]] has capacity_rps"},
           Row{{"capacity_rps = 1\n", "[routing]\nspill_above = 50\nspill_below = 50\n", ""},
               "c.toml:23:15: spill_below must be less than spill_above"},
           Row{{"capacity_rps = 1\n", "[routing]\nspill_interval = \"2h\"\n", ""},
               "c.toml:22:18: spill_interval must be at most \"1h\""},
           Row{{"capacity_rps = 1\n", "[routing]\nspill_interval = \"1ms\"\n", ""},
               "c.toml:22:18: spill_interval must be"},
           Row{{"", "[routing]\ncolour = 1\n", ""}, "c.toml:21:1: unknown key \"colour\""},
           Row{{"", "", head + "policy = \"random\"\n"}, "c.toml:24:10: policy must be"},
           Row{{"", "", head + "pops = [\"lhr\"]\n"},
               "c.toml:24:8: pops names PoP \"lhr\", which is not there"},
           Row{{"", "", head + "pops = [\"fra\", \"fra\"]\n"},
               "c.toml:24:8: pops names PoP \"fra\" twice"},
           Row{{"", "", head + "pops = []\n"}, "c.toml:24:8: pops is empty"},
           Row{{"", "", head + "policy = \"failover\"\n"},
               "c.toml:24:10: policy is \"failover\": list the PoPs"},
           Row{{"", "", head + "policy = \"weighted\"\n"},
               "c.toml:24:10: policy is \"weighted\": say among which"},
           Row{{"", "", head + "policy = \"weighted\"\npops = [\"fra\"]\n"},
               "c.toml:24:10: policy is \"weighted\": say among which"},
           Row{{"", "",
                head + "policy = \"weighted\"\n[[distribution.routing.target]]\npop = \"fra\"\n"
                       "weight = 0\n"},
               "c.toml:25"},
           Row{{"", "", head + "[[distribution.routing.target]]\npop = \"fra\"\n"}, "c.toml:24"},
           Row{{"", "",
                head + "policy = \"weighted\"\n[[distribution.routing.target]]\npop = \"fra\"\n"
                       "weight = -1\n"},
               "c.toml:27:10: weight must be"},
           Row{{"", "",
                head + "policy = \"weighted\"\n[[distribution.routing.target]]\npop = \"fra\"\n"
                       "[[distribution.routing.target]]\npop = \"fra\"\n"},
               "c.toml:28:7: pop names PoP \"fra\" twice"},
           Row{{"", "", "[distribution.routing.canary]\npop = \"fra\"\n"},
               "c.toml:23:1: [distribution.routing.canary] has no percent"},
           Row{{"", "", "[distribution.routing.canary]\npop = \"lhr\"\npercent = 1\n"},
               "c.toml:24:7: pop names PoP \"lhr\", which is not there"},
           Row{{"", "", "[distribution.routing.canary]\npop = \"fra\"\npercent = 0\n"},
               "c.toml:25:11: percent must be"},
           Row{{"", "",
                head + "pops = [\"fra\"]\n[distribution.routing.canary]\npop = \"fra\"\n"
                       "percent = 1\n"},
               "c.toml:26:7: pop is one of pops too"},
           Row{{"", "",
                head + "policy = \"failover\"\npops = [\"fra\"]\n"
                       "[distribution.routing.canary]\npop = \"syd\"\npercent = 1\n"},
               "c.toml:27:7: pop is for policy = \"nearest\""},
           Row{{"allow_countries = [\"AU\"]\n", "",
                head + "pops = [\"syd\"]\nallow_countries = [\"AU\", \"DE\"]\n"},
               "c.toml:26:19: allow_countries lets \"DE\" in, but none of"},
       }) {
    CAPTURE(row.begins);
    const auto config = parse_config("c.toml", row.text.whole());
    REQUIRE_FALSE(config);
    const std::string first = config.error().front();
    CAPTURE(first);
    CHECK(first.starts_with(row.begins));
  }
}

}  // namespace
}  // namespace atl::control
