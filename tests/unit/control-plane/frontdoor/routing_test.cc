#include "control-plane/frontdoor/routing.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control-plane/frontdoor/dns_feed.h"
#include "tests/unit/control-plane/frontdoor/world.h"

namespace atl::control {
namespace {

using Json = nlohmann::json;

// kConfig with lines after the first PoP's endpoints, and a whole [routing].
std::string config_with(const std::string& pop, const std::string& routing = "",
                        const std::string& distribution = "") {
  std::string text = kConfig;
  const std::string endpoints = "endpoints = [\"127.0.1.1:8080\"]\n";
  text.insert(text.find(endpoints) + endpoints.size(), pop);
  const size_t named = text.find("[[distribution.behaviour]]");
  text.insert(named, distribution);
  return text + routing + kAnyHost;
}

Json route(World& world, const std::string& ip, const char* host = "named.example") {
  return Json::parse(world.ask({.target = "/v1/route?ip=" + ip + "&host=" + host}).body);
}

// A node that says it answers so many requests a second.
struct Busy {
  World& world;
  SessionId session;
  uint64_t time_ms = 1'700'000'000'000;
  uint64_t hits = 0;

  void report(uint64_t requests) {
    NodeStatistics statistics;
    statistics.time_ms = time_ms += 1000;
    statistics.counts[static_cast<size_t>(Counter::Hits)] = hits += requests;
    world.fleet->on_statistics(session, statistics);
    NodeHealth health;
    health.serving = true;
    world.fleet->on_health(session, health);
  }
};

TEST_CASE("routing: a PoP with too much load sends a share away, and takes it back later") {
  World world(
      config_with("capacity_rps = 100\n",
                  "[routing]\nspill_above = 90\nspill_below = 70\nspill_interval = \"4s\"\n"));
  Busy fra{world, world.serve("fra")};
  const SessionId syd = world.serve("syd");
  const auto second = [&](uint64_t requests) {
    fra.report(requests);
    NodeHealth health;
    health.serving = true;
    world.fleet->on_health(syd, health);
    for (int i = 0; i < 10; ++i) {
      world.routing->now();
      world.clock.advance(100ms);
    }
    return world.routing->now().snapshot->status(0);
  };
  for (int i = 0; i < 6; ++i) second(80);
  CHECK(second(80).load == doctest::Approx(0.8).epsilon(0.05));
  CHECK(world.routing->now().snapshot->status(0).shed == 0);
  const uint64_t calm = world.routing->now().epoch;

  for (int i = 0; i < 3; ++i) second(160);
  const geo::PopStatus busy = world.routing->now().snapshot->status(0);
  CHECK(busy.shed > 0.1);
  CHECK(busy.shed < 0.6);
  CHECK(world.routing->now().epoch > calm);
  // Within a step's interval nothing more happens.
  const uint64_t stepped = world.routing->now().epoch;
  CHECK(world.routing->now().epoch == stepped);

  int away = 0;
  for (int i = 0; i < 200; ++i) {
    const Json json = route(world, "10.1." + std::to_string(i) + ".1");
    if (json["pop"] != "syd") continue;
    ++away;
    CHECK(json["reason"] == "spill-over");
    CHECK(json["client_prefix"] == "10.1." + std::to_string(i) + ".0/24");
    CHECK(json["candidates"][1]["pop"] == "fra");
    CHECK(json["candidates"][1]["verdict"] == "full");
    CHECK(json["candidates"][1]["load"].get<double>() > 0.9);
  }
  CHECK(away > 200 * busy.shed * 0.6);
  CHECK(away < 200 * busy.shed * 1.4);

  for (int i = 0; i < 30; ++i) second(20);
  CHECK(world.routing->now().snapshot->status(0).shed == 0);
  CHECK(route(world, "10.1.7.1")["client_prefix"] == "10.1.0.0/16");
}

TEST_CASE("routing: load by cores, and no load that nobody can tell") {
  World world(config_with("capacity_cores = 2\n"));
  CHECK(world.routing->now().snapshot->status(0).load < 0);
  const SessionId fra = world.serve("fra");
  NodeHealth health;
  health.serving = true;
  health.cpu_millicores = 500;
  world.fleet->on_health(fra, health);
  world.clock.advance(1s);
  CHECK(world.routing->now().snapshot->status(0).load == doctest::Approx(0.25));
  CHECK(world.routing->now().snapshot->status(1).load < 0);  // it does not say what it can bear
  world.fleet->on_closed(fra);
  world.clock.advance(1s);
  CHECK(world.routing->now().snapshot->status(0).load < 0);
}

TEST_CASE("routing: loads alone are no reason to decide anew") {
  World world(config_with("capacity_rps = 1000\n"));
  Busy fra{world, world.serve("fra")};
  fra.report(1);
  const uint64_t epoch = world.routing->now().epoch;
  const auto view = make_view(world.routing->now());
  CHECK(view->epoch == epoch);
  for (int i = 0; i < 3; ++i) {
    world.clock.advance(200ms);
    fra.report(100);
    CHECK(world.routing->now().epoch == epoch);
  }
  CHECK(world.routing->now().snapshot->status(0).load > 0);
  world.fleet->on_closed(fra.session);
  CHECK(world.routing->now().epoch == epoch + 1);
}

TEST_CASE(
    "routing: measured round trips, told from modelled ones, and a file of them that is bad") {
  const std::string text =
      config_with("", "[routing]\nrtt_matrix = \"matrix.csv\"\nrtt_regions = \"regions.csv\"\n");
  World world(text);
  world.serve("fra");
  world.serve("syd");
  const Json json = route(world, "10.1.0.1");
  CHECK(json["place"]["region"] == "fra");
  CHECK(json["rtt_source"] == "measured");
  CHECK(json["candidates"][0]["region"] == "fra");
  CHECK(json["candidates"][1]["rtt_ms"].get<double>() < 200);  // light takes longer than the matrix
  World modelled(config_with(""));
  modelled.serve("fra");
  CHECK(route(modelled, "10.1.0.1")["rtt_source"] == "model");
  CHECK(route(modelled, "10.1.0.1")["candidates"][1]["rtt_ms"].get<double>() > 250);

  world.scratch.write("matrix.csv", "from,fra,syd\nfra,1,20\n");
  world.controller->poll_files();
  world.controller->poll_files();
  CHECK(world.controller->problem().find("matrix.csv:2: region \"syd\" has no row") !=
        std::string::npos);
  CHECK(route(world, "10.1.0.1")["rtt_source"] == "measured");  // the old one stays
  world.scratch.write("control.toml", config_with("",
                                                  "[routing]\nrtt_matrix = \"none.csv\"\n"
                                                  "rtt_regions = \"regions.csv\"\n"));
  world.controller->reload();
  CHECK(world.controller->problem().find("none.csv: there is no such file") != std::string::npos);
}

TEST_CASE("routing: both doors keep to a distribution's fence") {
  World world(config_with("", "", "[distribution.routing]\nallow_countries = [\"DE\"]\n"));
  world.serve("fra");
  const FakeResponder refused =
      world.ask({.target = "/x", .host = "named.example", .client = "10.1.0.1"});
  CHECK(refused.status() == 403);
  CHECK(world.door->counters().forbidden == 1);
  const FakeResponder explained = world.ask({.target = "/v1/route?ip=10.1.0.1&host=named.example"});
  CHECK(explained.status() == 403);
  const Json json = Json::parse(explained.body);
  CHECK(json["reason"] == "forbidden");
  CHECK(json["error"] == "the distribution is not for clients in an unknown country");
  CHECK(json["policy"]["fence"]["allow"] == Json{"DE"});
  // Another distribution, and nobody's name, are not behind it.
  CHECK(world.ask({.target = "/x", .host = "shop.example", .client = "10.1.0.1"}).status() == 302);
  CHECK(world.ask({.target = "/v1/route?ip=10.1.0.1"}).status() == 200);
}

TEST_CASE("routing: each distribution by its own policy, and why") {
  World world(config_with("bias = 10\n", "",
                          "[distribution.routing]\npolicy = \"failover\"\n"
                          "pops = [\"syd\", \"fra\"]\n"));
  world.serve("fra");
  const SessionId syd = world.serve("syd");
  Json json = route(world, "10.1.0.1");
  CHECK(json["pop"] == "syd");
  CHECK(json["reason"] == "primary");
  CHECK(json["policy"]["steer"] == "failover");
  CHECK(json["candidates"][1]["bias"] == 10);
  CHECK(route(world, "10.1.0.1", "other.example")["pop"] == "fra");
  world.fleet->on_closed(syd);
  json = route(world, "10.1.0.1");
  CHECK(json["pop"] == "fra");
  CHECK(json["reason"] == "failover");
  CHECK(json["explanation"] == "fra is the first of the distribution's PoPs that takes the client");
}

}  // namespace
}  // namespace atl::control
