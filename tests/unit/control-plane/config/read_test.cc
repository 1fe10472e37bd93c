#include "control-plane/config/read.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace atl::control {
namespace {

using namespace std::chrono_literals;

// The problems, a line each; empty when there are none.
std::string problems_of(std::string_view text, std::string_view subnets = {}) {
  const auto config = parse_config("etc/c.toml", text, subnets);
  std::string out;
  if (!config) {
    for (const std::string& problem : config.error()) out += problem + "\n";
  }
  return out;
}

// A whole configuration in which one part can be replaced. Lines: [control] 1, pops 6 and 12,
// origins 18, group 22, distribution 25.
struct Parts {
  std::string control = R"([control]
state_dir = "state"
geo_database = "x.mmdb"
lease = "2s"

)";
  std::string pops = R"([[pop]]
id = "fra"
latitude = 50.11
longitude = 8.68
endpoints = ["127.0.1.1:8080"]

[[pop]]
id = "syd"
latitude = -33.87
longitude = 151.21
endpoints = ["127.0.2.1:8080"]

)";
  std::string origins = R"([[origin]]
id = "www"
endpoint = "origin:7400"
source = "www"
)";
  std::string groups = R"([[origin_group]]
id = "site"
origins = ["www"]
)";
  std::string distributions = R"([[distribution]]
id = "site"
hosts = ["*"]
[[distribution.behaviour]]
path = "*"
origin_group = "site"
)";
  std::string text() const { return control + pops + origins + groups + distributions; }
};

TEST_CASE("configuration: everything that can be said") {
  Parts parts;
  parts.control = R"([control]
listen = "0.0.0.0:80"
fleet_listen = "[::]:81"
state_dir = "/var/lib/atoll"
geo_database = ["city4.mmdb", "/abs/city6.mmdb"]
subnets = "subnets.toml"
lease = "3s"
trusted_proxies = ["10.0.0.0/8"]
allow_client_override = true
api_hosts = ["control"]
[control.trust]
enabled = true
name = "west"
certificate_life = "2d"
[api]
authentication = "required"
)";
  parts.distributions = R"([[distribution]]
id = "site"
hosts = ["WWW.example.org", "*.example.org"]
[[distribution.behaviour]]
path = "/api/*"
origin_group = "site"
allowed_methods = ["GET", "POST"]
[distribution.behaviour.cache]
enabled = false
[[distribution.behaviour]]
path = "*"
origin_group = "site"
[distribution.behaviour.cache]
default_ttl = "10m"
min_ttl = "1s"
max_ttl = "1d"
max_object = "1GiB"
honour_request_directives = false
)";
  const auto config = parse_config("etc/c.toml", parts.text(), R"([[subnet]]
prefix = "10.1.0.0/16"
pop = "syd"
[[subnet]]
prefix = "2001:db8::/32"
latitude = 48
longitude = 11.5
country = "DE"
)");
  REQUIRE(config);
  CHECK(config->fixed ==
        Fixed{"0.0.0.0:80", "[::]:81", "/var/lib/atoll", 3s, {}, {true, "west", 48h}});
  CHECK(config->geo_databases == std::vector<std::string>{"etc/city4.mmdb", "/abs/city6.mmdb"});
  CHECK(config->subnets_path == "etc/subnets.toml");
  CHECK(config->trusted_proxies == std::vector<geo::Prefix>{*geo::parse_prefix("10.0.0.0/8")});
  CHECK(config->allow_client_override);
  CHECK(config->api_hosts == std::vector<std::string>{"control"});
  CHECK(config->api == ApiConfig{Authentication::Required});
  REQUIRE(config->pops.size() == 2);
  CHECK(config->pops[1].id == "syd");
  CHECK(config->pops[1].at == geo::Coordinates{-33.87, 151.21});
  REQUIRE(config->subnets.size() == 2);
  CHECK(config->subnets[0].pop == "syd");
  CHECK(config->subnets[1].place == geo::Coordinates{48, 11.5});
  REQUIRE(config->content.distributions.size() == 1);
  const DistributionConfig& site = config->content.distributions[0];
  CHECK(site.hosts == std::vector<std::string>{"www.example.org", "*.example.org"});
  REQUIRE(site.behaviours.size() == 2);
  CHECK_FALSE(site.behaviours[0].cache.enabled);
  CHECK(site.behaviours[0].allowed_methods == std::vector<std::string>{"GET", "POST"});
  CHECK(site.behaviours[1].cache ==
        CachePolicy{true, 600s, 1s, std::chrono::hours(24), 1_GiB, false, true, {}, {}});
}

TEST_CASE("configuration: what is left out has its default") {
  const auto config = parse_config("c.toml", Parts().text());
  REQUIRE(config);
  CHECK(config->fixed == Fixed{"127.0.0.1:8000", "127.0.0.1:8001", "state", 2s});
  CHECK(config->pops[0].city == "fra");
  CHECK(config->content.origins[0].head_timeout == 30s);
  CHECK(config->content.origins[0].timeout == 0s);
  CHECK(config->content.origin_groups[0].failover_statuses ==
        std::vector<int64_t>{500, 502, 503, 504});
  CHECK(config->content.distributions[0].behaviours[0].cache == CachePolicy{});
  CHECK(config->subnets.empty());
}

TEST_CASE("configuration: each thing that can be wrong, with its place") {
  struct Row {
    std::string Parts::* part;
    const char* text;
    const char* problems;
  };
  for (
      const Row& row : {
          Row{&Parts::control, "[control]\nlease = \"2s\"\n",
              "etc/c.toml:1:1: [control] has no state_dir: add state_dir = \"...\"\n"},
          Row{&Parts::control, "",
              "etc/c.toml: [control] has no state_dir: add state_dir = \"...\"\n"},
          Row{&Parts::control,
              "[control]\nstate_dir = \"s\"\nlisten = \"127.0.0.1:80\"\n"
              "fleet_listen = \"127.0.0.1:80\"\n",
              "etc/c.toml:4:16: fleet_listen is the same address as listen: give it another "
              "port\n"},
          Row{&Parts::control, "[control]\nstate_dir = \"s\"\nlease = \"5m\"\n",
              "etc/c.toml:3:9: lease must be at most \"1m\"\n"},
          Row{&Parts::control, "[control]\nstate_dir = \"s\"\ntrusted_proxies = [\"10.0.0.1/8\"]\n",
              "etc/c.toml:3:19: trusted_proxies must hold networks such as \"10.0.0.0/8\" or "
              "\"::1/128\", without host bits, not \"10.0.0.1/8\"\n"},
          Row{&Parts::pops, "",
              "etc/c.toml: there is no PoP: add a [[pop]] with id, latitude, longitude and "
              "endpoints\n"},
          Row{&Parts::pops,
              "[[pop]]\nid = \"a\"\nlatitude = 91\nlongitude = -181.5\n"
              "endpoints = [\"a:1\"]\n",
              "etc/c.toml:8:12: latitude must be a number of -90 to 90, not the integer 91\n"
              "etc/c.toml:9:13: longitude must be a number of -180 to 180, not the number "
              "-181.5\n"},
          Row{&Parts::pops,
              "[[pop]]\nid = \"a\"\nlatitude = 1\nlongitude = 2\n"
              "endpoints = [\"a:1\", \"b\"]\n[[pop]]\nid = \"a\"\nlatitude = 1\n"
              "longitude = 2\nendpoints = [\"a:1\"]\n",
              "etc/c.toml:10:21: endpoints[1] must be an address such as \"127.0.0.1:8080\" or "
              "\"[::1]:8080\", not \"b\": the port is missing\n"
              "etc/c.toml:12:6: PoP \"a\" is already defined in line 7: give this one another id\n"
              "etc/c.toml:15:14: \"a:1\" is already an endpoint in line 10\n"},
          Row{&Parts::pops,
              "[[pop]]\nid = \"a b\"\ncountry = \"de\"\nlatitude = 1\nlongitude = 2\n"
              "endpoints = [\"a:0\"]\n",
              "etc/c.toml:7:6: id must be of letters, digits, '-', '_' and '.', begin with a "
              "letter "
              "or digit and have at most 64 characters\n"
              "etc/c.toml:8:11: country must be two capital letters (ISO 3166-1), such as \"DE\"\n"
              "etc/c.toml:11:14: clients cannot reach port 0: write the port the PoP listens on\n"},
          Row{&Parts::origins,
              "[[origin]]\nid = \"www\"\nendpoint = \"o:1\"\nsource = \"s\"\n"
              "head_timeout = \"0s\"\ntimeout = \"100d\"\n",
              "etc/c.toml:22:16: head_timeout must be a duration of at least \"1ms\", not the "
              "string "
              "\"0s\"\n"
              "etc/c.toml:23:11: timeout must be at most \"1d\"\n"},
          Row{&Parts::origins,
              "[[origin]]\nid = \"www\"\nendpoint = \"o:1\"\nsource = \"s\"\nmax_queued = 1\n"
              "[origin.breaker]\nfailures = 0\npercent = 0\nprobes = 0\n"
              "[origin.health]\npath = \"healthz\"\nhost = \"a b\"\ninterval = \"1s\"\n"
              "timeout = \"2s\"\nrise = 2\n",
              "etc/c.toml:22:14: max_queued means nothing without max_requests: nobody ever waits\n"
              "etc/c.toml:23:1: enabled is true, but failures and percent are 0: nothing would "
              "ever "
              "open the breaker\n"
              "etc/c.toml:26:10: probes must be an integer of 1 to 1000, not the integer 0\n"
              "etc/c.toml:28:8: path must begin with \"/\" and be without spaces, such as "
              "\"/healthz\"\n"
              "etc/c.toml:29:8: host must be a host with an optional port, such as "
              "\"www.example.org\"\n"
              "etc/c.toml:31:11: timeout is longer than interval: lower it or raise interval\n"
              "etc/c.toml:32:1: unknown key \"rise\" in [origin.health]: what can stand here is "
              "path, "
              "host, interval, timeout, unhealthy_after, healthy_after\n"},
          Row{&Parts::groups,
              "[[origin_group]]\nid = \"site\"\norigins = [\"www\", \"ww\", \"www\"]\n"
              "failover_statuses = [200]\n",
              "etc/c.toml:24:19: there is no origin \"ww\": there is www\n"
              "etc/c.toml:24:25: origin \"www\" is listed twice: remove one\n"
              "etc/c.toml:25:22: failover_statuses[0] must be an integer of 400 to 599, not the "
              "integer 200\n"},
          Row{&Parts::pops,
              "[[pop]]\nid = \"fra\"\nlatitude = 1\nlongitude = 2\nendpoints = [\"a:1\"]\n"
              "shield = \"syd\"\n[[pop.node]]\nname = \"0\"\npeer = \"p:1\"\n"
              "[[pop]]\nid = \"syd\"\nlatitude = 1\nlongitude = 2\nendpoints = [\"b:1\"]\n"
              "shield = \"fra\"\n[[pop.node]]\nname = \"0\"\npeer = \"p:1\"\n",
              "etc/c.toml:11:10: shields go round in a circle, fra -> syd -> fra: a miss would "
              "never "
              "reach an origin; let one of them go without\n"
              "etc/c.toml:20:10: shields go round in a circle, syd -> fra -> syd: a miss would "
              "never "
              "reach an origin; let one of them go without\n"
              "etc/c.toml:23:8: \"p:1\" is already a peer in line 14: give this node its own\n"},
          Row{&Parts::pops,
              "[[pop]]\nid = \"fra\"\nlatitude = 1\nlongitude = 2\nendpoints = [\"a:1\"]\n"
              "shield = \"gru\"\n"
              "[[pop]]\nid = \"syd\"\nlatitude = 1\nlongitude = 2\nendpoints = [\"b:1\"]\n"
              "shield = \"fra\"\n[[pop.node]]\nname = \"0\"\npeer = \"p:0\"\n"
              "[[pop.node]]\nname = \"0\"\npeer = \"p:2\"\n",
              "etc/c.toml:11:10: there is no PoP \"gru\"\n"
              "etc/c.toml:17:10: PoP \"fra\" cannot be a shield: it has no [[pop.node]] with name "
              "and "
              "peer\n"
              "etc/c.toml:20:8: nobody can reach port 0: write the node's peer_listen\n"
              "etc/c.toml:22:8: node \"0\" is already defined in line 19: give this one another "
              "name\n"},
          Row{&Parts::groups, "[[origin_group]]\nid = \"site\"\norigins = []\n",
              "etc/c.toml:24:11: origins must name at least one, such as [\"...\"]\n"},
          Row{&Parts::distributions, "",
              "etc/c.toml: there is no distribution: add a [[distribution]] with id, hosts and at "
              "least one [[distribution.behaviour]]\n"},
          Row{&Parts::distributions, "[[distribution]]\nid = \"d\"\nhosts = [\"a.example\"]\n",
              "etc/c.toml:25:1: distribution \"d\" has no behaviour for every path: end it with a "
              "[[distribution.behaviour]] of path = \"*\"\n"},
          Row{&Parts::distributions,
              "[[distribution]]\nid = \"d\"\nhosts = [\"a.example\"]\n"
              "[[distribution.behaviour]]\npath = \"*\"\norigin_group = \"site\"\n"
              "[[distribution.behaviour]]\npath = \"/x\"\norigin_group = \"stie\"\n",
              "etc/c.toml:32:8: \"/x\" is never reached: path \"*\" stands before it and must be "
              "last\n"
              "etc/c.toml:33:16: there is no origin_group \"stie\": there is site\n"},
          Row{&Parts::distributions,
              "[[distribution]]\nid = \"d\"\nhosts = [\"a.example\", \"A.example\", "
              "\"http://b\", \"c:80\", \"*.*.d\", \"-e\"]\n"
              "[[distribution.behaviour]]\npath = \"x\"\norigin_group = \"site\"\n"
              "allowed_methods = [\"GE T\"]\n"
              "[[distribution.behaviour]]\npath = \"*\"\norigin_group = \"site\"\n"
              "[distribution.behaviour.cache]\nmin_ttl = \"2s\"\nmax_ttl = \"1s\"\n",
              "etc/c.toml:27:23: host \"a.example\" is already claimed in line 27: remove one\n"
              "etc/c.toml:27:36: \"http://b\" is not a host: write a name without scheme or port, "
              "\"*.name\" or \"*\"\n"
              "etc/c.toml:27:48: \"c:80\" is not a host: write a name without scheme or port, "
              "\"*.name\" or \"*\"\n"
              "etc/c.toml:27:56: \"*.*.d\" is not a host: write a name without scheme or port, "
              "\"*.name\" or \"*\"\n"
              "etc/c.toml:27:65: \"-e\" is not a host: write a name without scheme or port, "
              "\"*.name\" or \"*\"\n"
              "etc/c.toml:29:8: path must begin with \"/\" or \"*\", not \"x\"\n"
              "etc/c.toml:31:20: \"GE T\" is not a method: write one such as \"GET\"\n"
              "etc/c.toml:36:11: min_ttl is longer than max_ttl: lower it or raise max_ttl\n"},
      }) {
    CAPTURE(row.text);
    Parts parts;
    parts.*row.part = row.text;
    CHECK(problems_of(parts.text()) == row.problems);
  }
}

TEST_CASE("configuration: half a file is refused, wherever it was cut off between lines") {
  const std::string whole = Parts().text();
  REQUIRE(problems_of(whole).empty());
  const size_t last_line = whole.rfind("origin_group");
  for (size_t cut = 0; cut <= last_line; cut = whole.find('\n', cut) + 1) {
    CAPTURE(whole.substr(0, cut));
    CHECK_FALSE(problems_of(whole.substr(0, cut)).empty());
  }
}

TEST_CASE("subnets: each thing that can be wrong, with its place") {
  Parts parts;
  parts.control = "[control]\nstate_dir = \"s\"\nsubnets = \"s.toml\"\n";
  struct Row {
    const char* text;
    const char* problems;
  };
  for (const Row& row : {
           Row{"", ""},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/8\"\npop = \"fra\"\n", ""},
           Row{"[[subnet]]\npop = \"fra\"\n",
               "etc/s.toml:1:1: [[subnet]] has no prefix: add prefix = \"...\"\n"},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/33\"\npop = \"fra\"\n",
               "etc/s.toml:2:10: prefix must be a network such as \"10.1.0.0/16\" or "
               "\"2001:db8::/32\", without host bits, not \"10.0.0.0/33\"\n"},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/8\"\npop = \"far\"\n",
               "etc/s.toml:3:7: pop \"far\" is not a [[pop]] of the configuration\n"},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/8\"\n",
               "etc/s.toml:2:10: prefix leads nowhere: add pop, or latitude and longitude\n"},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/8\"\npop = \"fra\"\nlatitude = 1\n",
               "etc/s.toml:2:10: prefix has both pop and coordinates: keep one of them\n"},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/8\"\nlatitude = 1\n",
               "etc/s.toml:2:10: prefix has only one of latitude and longitude: add the other\n"},
           Row{"[[subnet]]\nprefix = \"10.0.0.0/8\"\npop = \"fra\"\n"
               "[[subnet]]\nprefix = \"10.0.0.0/8\"\npop = \"syd\"\n",
               "etc/s.toml:5:10: prefix \"10.0.0.0/8\" is already given in line 2: remove one\n"},
           Row{"[[subnet]]\nnetwork = \"10.0.0.0/8\"\npop = \"fra\"\n",
               "etc/s.toml:1:1: [[subnet]] has no prefix: add prefix = \"...\"\n"
               "etc/s.toml:2:1: unknown key \"network\" in [[subnet]]: what can stand here is "
               "prefix, "
               "pop, country, latitude, longitude\n"},
           Row{"[[subnet\n",
               "etc/s.toml:1:9: this is not TOML: Error while parsing table header: "
               "expected ']', saw '\\n'\n"},
       }) {
    CAPTURE(row.text);
    CHECK(problems_of(parts.text(), row.text) == row.problems);
  }
}

TEST_CASE("configuration: problems of both files are reported together") {
  Parts parts;
  parts.control = "[control]\nstate_dir = \"s\"\nsubnets = \"s.toml\"\nlease = 1\n";
  const std::string problems = problems_of(parts.text(), "[[subnet]]\npop = \"fra\"\n");
  CHECK(problems.find("etc/c.toml:4:9: ") != std::string::npos);
  CHECK(problems.find("etc/s.toml:1:1: ") != std::string::npos);
}

}  // namespace
}  // namespace atl::control
