#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "control-plane/config/read.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRest = R"(
[control]
state_dir = "state"
[[pop]]
id = "fra"
latitude = 50.11
longitude = 8.68
endpoints = ["127.0.1.1:8080", "[2001:db8::1]:8080", "127.0.1.1:8443", "name:80"]
[[origin]]
id = "www"
endpoint = "origin:7400"
source = "www"
[[origin_group]]
id = "site"
origins = ["www"]
[[distribution]]
id = "site"
hosts = ["WWW.cdn.example"]
[[distribution.behaviour]]
path = "*"
origin_group = "site"
)";

// `dns` comes first, so that its lines are known.
std::expected<Config, Problems> read(std::string_view dns, std::string_view distribution = {}) {
  return parse_config("c.toml", std::string(dns) + kRest + std::string(distribution));
}

TEST_CASE("configuration of DNS: everything that can be said") {
  const auto config = read(R"([dns]
listen = ["192.0.2.53:53", "[::1]:53"]
zone = "cdn.example"
name_servers = ["ns1.cdn.example", "ns.elsewhere.example"]
mailbox = "me.cdn.example"
serial = 7
ttl = "30s"
count = 3
fail = "open"
zone_ttl = "2h"
negative_ttl = "5s"
settle = "1s"
threads = 2
rate_limit = 50
tcp_connections = 9
tcp_idle = "3s"
[[dns.record]]
name = "ns1.cdn.example"
type = "A"
value = "192.0.2.53"
ttl = "1m"
)",
                           "[distribution.dns]\nttl = \"5s\"\ncount = 1\nfail = \"closed\"\n");
  REQUIRE(config);
  REQUIRE(config->fixed.dns);
  CHECK(*config->fixed.dns == FixedDns{{{"192.0.2.53:53", "[::1]:53"}, 2, 50, 9, 3s}, 1s});
  REQUIRE(config->zone);
  CHECK(*config->zone == dns::ZoneSpec{"cdn.example",
                                       {"ns1.cdn.example", "ns.elsewhere.example"},
                                       "me.cdn.example",
                                       7,
                                       7200,
                                       5,
                                       {{"ns1.cdn.example", "A", "192.0.2.53", 60}},
                                       {{"site", {"www.cdn.example"}, 5, 1, false}}});
}

TEST_CASE("configuration of DNS: what is left out has its default, or that of [dns]") {
  const auto config = read("[dns]\nzone = \"cdn.example\"\nname_servers = [\"ns.x\"]\ncount = 4\n");
  REQUIRE(config);
  CHECK(*config->fixed.dns == FixedDns{{{"127.0.0.1:5300"}, 1, 1000, 256, 10s}, 3s});
  CHECK(config->zone->mailbox == "hostmaster.cdn.example");
  CHECK(config->zone->ttl == 3600);
  CHECK(config->zone->negative_ttl == 60);
  CHECK(config->zone->distributions ==
        std::vector<dns::DistributionSpec>{{"site", {"www.cdn.example"}, 20, 4, false}});
  CHECK_FALSE(read("")->zone);
}

TEST_CASE("configuration of DNS: problems are where they were made") {
  struct Row {
    std::string dns;
    std::string begins;  // the first problem
  };
  const std::string good = "[dns]\nzone = \"cdn.example\"\nname_servers = [\"ns.x\"]\n";
  for (const Row& row :
       {Row{"[dns]\nname_servers = [\"ns.x\"]\n", "c.toml:1:1: [dns] has no zone"},
        Row{"[dns]\nzone = \"a..b\"\nname_servers = [\"ns.x\"]\n", "c.toml:2:8: \"a..b\" is not"},
        Row{good + "ttl = \"1500ms\"\n", "c.toml:4:7: ttl must be whole seconds"},
        Row{good + "ttl = \"8d\"\n", "c.toml:4:7: ttl must be at most \"7d\""},
        Row{good + "count = 9\n", "c.toml:4:9: "}, Row{good + "fail = \"ajar\"\n", "c.toml:4:8: "},
        Row{good + "threads = 0\n", "c.toml:4:11: "},
        Row{good + "colour = 1\n", "c.toml:4:1: unknown key \"colour\" in [dns]"},
        Row{good + "mailbox = \"me@x\"\n", "c.toml:4:11: \"me@x\" is not a mailbox"},
        Row{"[dns]\nzone = \"cdn.example\"\nname_servers = [\"a.x\", \"ns.cdn.example\"]\n",
            "c.toml:3:24: \"ns.cdn.example\" lies in the zone"},
        Row{good + "[[dns.record]]\nname = \"a.cdn.example\"\ntype = \"A\"\nvalue = \"::1\"\n",
            "c.toml:4:1: \"::1\" is not an IPv4 address"},
        Row{good + "[[dns.record]]\nname = \"site.cdn.example\"\ntype = \"A\"\nvalue = "
                   "\"192.0.2.1\"\n",
            "c.toml:2"}}) {
    CAPTURE(row.dns);
    const auto config = read(row.dns);
    REQUIRE(!config);
    CHECK(config.error().front().substr(0, row.begins.size()) == row.begins);
  }
}

TEST_CASE("configuration of DNS: a distribution's part needs a [dns], and PoPs need addresses") {
  const auto without = read("", "[distribution.dns]\nttl = \"5s\"\n");
  REQUIRE(!without);
  CHECK(without.error().front().find("there is no [dns]") != std::string::npos);
  std::string named =
      std::string("[dns]\nzone = \"cdn.example\"\nname_servers = [\"ns.x\"]\n") + kRest;
  const size_t at = named.find("[\"127.0.1.1:8080\"");
  named.replace(at, named.find(']', named.find("name:80")) - at, "[\"name:80\"");
  const auto config = parse_config("c.toml", named);
  REQUIRE(!config);
  CHECK(config.error().front().find("has no IP address") != std::string::npos);
}

TEST_CASE("configuration: addresses of a PoP are those among its endpoints, each once") {
  const auto config = read("");
  REQUIRE(config);
  const dns::PopAddresses addresses = pop_addresses(config->pops.front());
  CHECK(addresses.v4 == std::vector<std::string>{std::string("\x7f\0\1\1", 4)});
  REQUIRE(addresses.v6.size() == 1);
  CHECK(addresses.v6.front().size() == 16);
}

}  // namespace
}  // namespace atl::control
