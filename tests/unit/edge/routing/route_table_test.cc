#include "edge/routing/route_table.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace atl::edge {
namespace {

RouteConfig good() {
  RouteConfig config;
  config.version = 3;
  config.origins = {{.id = "o", .endpoint = "h:1", .source = "s"}};
  config.origin_groups = {{.id = "g", .origins = {"o"}, .failover_statuses = {}}};
  config.distributions = {
      {.id = "d", .hosts = {"*"}, .behaviours = {{.path_pattern = "*", .origin_group = "g"}}}};
  return config;
}

std::string matched(const RouteTable& table, std::string_view host, std::string_view path) {
  const Route route = table.match(host, path);
  return route ? route.distribution->id + " " + route.behaviour->path_pattern : "none";
}

TEST_CASE("route table: the host decides first, exact before suffix before any") {
  RouteConfig config = good();
  const BehaviourConfig all{.path_pattern = "*", .origin_group = "g"};
  config.distributions = {
      {.id = "exact", .hosts = {"www.example.org"}, .behaviours = {all}},
      {.id = "suffix", .hosts = {"*.example.org"}, .behaviours = {all}},
      {.id = "longer", .hosts = {"*.img.example.org"}, .behaviours = {all}},
  };
  const auto table = *RouteTable::build(config);
  struct Row {
    const char* host;
    const char* want;
  };
  for (const Row& row :
       {Row{"www.example.org", "exact *"}, Row{"a.example.org", "suffix *"},
        Row{"a.b.example.org", "suffix *"}, Row{"x.img.example.org", "longer *"},
        Row{"img.example.org", "suffix *"}, Row{"example.org", "none"}, Row{"xexample.org", "none"},
        Row{".example.org", "suffix *"}, Row{"", "none"}}) {
    CAPTURE(row.host);
    CHECK(matched(*table, row.host, "/") == row.want);
  }
}

TEST_CASE("route table: the first behaviour whose pattern matches decides") {
  RouteConfig config = good();
  config.distributions[0].behaviours = {{.path_pattern = "/img/*.png", .origin_group = "g"},
                                        {.path_pattern = "/img/*", .origin_group = "g"},
                                        {.path_pattern = "*", .origin_group = "g"}};
  const auto table = *RouteTable::build(config);
  CHECK(matched(*table, "h", "/img/a.png") == "d /img/*.png");
  CHECK(matched(*table, "h", "/img/a.jpg") == "d /img/*");
  CHECK(matched(*table, "h", "/a.png") == "d *");
  CHECK(matched(*table, "h", "*") == "d *");
}

TEST_CASE("route table: defaults are filled in") {
  RouteConfig config = good();
  config.origins[0].head_timeout = std::chrono::milliseconds{0};
  config.distributions[0].behaviours[0].allowed_methods = {"GET", "HEAD"};
  const auto table = *RouteTable::build(config);
  const Behaviour& behaviour = *table->match("h", "/").behaviour;
  CHECK(behaviour.origin_group->members[0]->head_timeout == std::chrono::seconds{30});
  for (const uint16_t status : {500, 502, 503, 504})
    CHECK(behaviour.origin_group->fails_over(status));
  for (const uint16_t status : {200, 404, 501})
    CHECK_FALSE(behaviour.origin_group->fails_over(status));
  CHECK(behaviour.allow == "GET, HEAD");
  CHECK(behaviour.allows("GET"));
  CHECK_FALSE(behaviour.allows("get"));
  CHECK(table->version() == 3);
}

TEST_CASE("route table: every problem is named") {
  struct Row {
    const char* says;
    void (*spoil)(RouteConfig&);
  };
  const Row rows[] = {
      {"version is 0", [](RouteConfig& c) { c.version = 0; }},
      {"origin \"o\" occurs twice", [](RouteConfig& c) { c.origins.push_back(c.origins[0]); }},
      {"an origin has no id", [](RouteConfig& c) { c.origins[0].id = ""; }},
      {"is not host:port", [](RouteConfig& c) { c.origins[0].endpoint = "h"; }},
      {"names no source", [](RouteConfig& c) { c.origins[0].source = ""; }},
      {"origin group \"g\" has no origins",
       [](RouteConfig& c) { c.origin_groups[0].origins = {}; }},
      {"names origin \"x\", which does not exist",
       [](RouteConfig& c) { c.origin_groups[0].origins = {"x"}; }},
      {"names origin \"o\" twice", [](RouteConfig& c) { c.origin_groups[0].origins = {"o", "o"}; }},
      {"origin group \"g\" occurs twice",
       [](RouteConfig& c) { c.origin_groups.push_back(c.origin_groups[0]); }},
      {"failover status 99", [](RouteConfig& c) { c.origin_groups[0].failover_statuses = {99}; }},
      {"failover status 70000",
       [](RouteConfig& c) { c.origin_groups[0].failover_statuses = {70000}; }},
      {"distribution \"d\" occurs twice",
       [](RouteConfig& c) {
         c.distributions.push_back(c.distributions[0]);
         c.distributions[1].hosts = {"h"};
       }},
      {"has no hosts", [](RouteConfig& c) { c.distributions[0].hosts = {}; }},
      {"host \"*\" already belongs",
       [](RouteConfig& c) {
         c.distributions.push_back(c.distributions[0]);
         c.distributions[1].id = "e";
       }},
      {"host \"h\" already belongs", [](RouteConfig& c) { c.distributions[0].hosts = {"h", "h"}; }},
      {"\"H\" is not a host", [](RouteConfig& c) { c.distributions[0].hosts = {"H"}; }},
      {"\"h:80\" is not a host", [](RouteConfig& c) { c.distributions[0].hosts = {"h:80"}; }},
      {"\"a.*\" is not a host", [](RouteConfig& c) { c.distributions[0].hosts = {"a.*"}; }},
      {"no usable id", [](RouteConfig& c) { c.distributions[0].id = std::string("a\0b", 3); }},
      {"last behaviour must have pattern \"*\"",
       [](RouteConfig& c) { c.distributions[0].behaviours[0].path_pattern = "/a"; }},
      {"last behaviour must have pattern \"*\"",
       [](RouteConfig& c) { c.distributions[0].behaviours.clear(); }},
      {"names origin group \"x\", which does not exist",
       [](RouteConfig& c) { c.distributions[0].behaviours[0].origin_group = "x"; }},
      {"\"a b\" is not a method",
       [](RouteConfig& c) { c.distributions[0].behaviours[0].allowed_methods = {"a b"}; }},
      {"min_ttl is larger than max_ttl",
       [](RouteConfig& c) {
         c.distributions[0].behaviours[0].cache.min_ttl = std::chrono::seconds{2};
         c.distributions[0].behaviours[0].cache.max_ttl = std::chrono::seconds{1};
       }},
  };
  REQUIRE(RouteTable::build(good()));
  for (const Row& row : rows) {
    CAPTURE(row.says);
    RouteConfig config = good();
    row.spoil(config);
    const auto table = RouteTable::build(config);
    REQUIRE_FALSE(table);
    CHECK(std::any_of(table.error().begin(), table.error().end(), [&](const std::string& problem) {
      return problem.find(row.says) != std::string::npos;
    }));
  }
}

TEST_CASE("route table: all problems are reported at once") {
  RouteConfig config = good();
  config.version = 0;
  config.origins[0].source = "";
  config.distributions[0].hosts = {};
  CHECK(RouteTable::build(config).error().size() == 3);
}

}  // namespace
}  // namespace atl::edge
