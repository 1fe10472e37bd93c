#include "control-plane/frontdoor/front_door.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control-plane/frontdoor/pop_api.h"
#include "tests/unit/control-plane/frontdoor/world.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TEST_CASE("front door: clients are redirected to the nearest PoP that takes requests") {
  World world;
  world.serve("fra");
  const SessionId syd = world.serve("syd");
  const auto from = [&](const char* client, const char* method = "GET") {
    return world.ask({.method = method,
                      .target = "/a%20b/?x=1&y=%2F",
                      .host = "shop.example",
                      .client = client});
  };
  CHECK(from("10.1.0.1").status() == 302);
  CHECK(from("10.1.0.1").field("Location") == "http://127.0.1.1:8080/a%20b/?x=1&y=%2F");
  CHECK(from("10.1.0.1").field("Cache-Control") == "no-store");
  CHECK(from("10.2.0.1").field("Location") == "http://127.0.2.1:8080/a%20b/?x=1&y=%2F");
  CHECK(from("10.1.0.1", "HEAD").status() == 302);
  CHECK(from("10.1.0.1", "POST").status() == 307);
  CHECK(from("192.168.0.1").field("Location") == "http://127.0.1.1:8080/a%20b/?x=1&y=%2F");
  world.fleet->on_closed(syd);
  CHECK(from("10.2.0.1").field("Location") == "http://127.0.1.1:8080/a%20b/?x=1&y=%2F");
  world.clock.advance(2s);
  CHECK(from("10.1.0.1").status() == 503);
  CHECK(from("10.1.0.1").field("Retry-After") == "1");
  CHECK(world.door->counters().unroutable == 2);
}

TEST_CASE("front door: which host and path belong to whom") {
  struct Row {
    const char* host;
    const char* target;
    int with_any;     // status when a distribution has "*"
    int without_any;  // and when none has
  };
  for (const Row& row : {
           Row{"127.0.0.1:8000", "/", 200, 200},
           Row{"localhost", "/", 200, 200},
           Row{"[::1]:8000", "/", 200, 200},
           Row{"127.0.0.1", "/page", 302, 421},
           Row{"other.example", "/", 302, 421},
           Row{"other.example", "/v1/status", 200, 200},
           Row{"named.example", "/", 302, 302},
           Row{"NAMED.example:80", "/v1/status", 302, 302},
           Row{"named.example", "/metrics", 302, 302},
           Row{"a.b.wild.example", "/healthz", 302, 302},
           Row{"wild.example", "/x", 302, 421},
           Row{"127.0.0.1", "/v1", 200, 200},
           Row{"127.0.0.1", "/v1/nothing", 404, 404},
           Row{"127.0.0.1", "/v1x", 302, 421},
           Row{"127.0.0.1", "/healthz", 200, 200},
           Row{"127.0.0.1", "/metrics", 200, 200},
           Row{"127.0.0.1", "*", 400, 421},
       }) {
    CAPTURE(row.host);
    CAPTURE(row.target);
    World with;
    with.serve("fra");
    CHECK(with.ask({.target = row.target, .host = row.host}).status() == row.with_any);
    World without{kConfig};
    without.serve("fra");
    CHECK(without.ask({.target = row.target, .host = row.host}).status() == row.without_any);
  }
}

TEST_CASE("route: explains the decision") {
  World world;
  world.serve("fra");
  const auto route = [&](const std::string& query) {
    return world.ask({.target = "/v1/route" + query});
  };
  const FakeResponder near = route("?ip=10.1.2.3&host=named.example&path=/a");
  CHECK(near.status() == 200);
  CHECK(near.field("Content-Type") == "application/json");
  const Json json = Json::parse(near.body);
  CHECK(json["pop"] == "fra");
  CHECK(json["endpoints"] == Json{"127.0.1.1:8080"});
  CHECK(json["client_prefix"] == "10.1.0.0/16");
  CHECK(json["place"]["source"] == "subnet-place");
  CHECK(json["reason"] == "nearest");
  CHECK(json["distribution"] == "named");
  CHECK(json["location"] == "http://127.0.1.1:8080/a");
  CHECK(json["distance_km"].get<double>() == doctest::Approx(306).epsilon(0.02));
  CHECK(json["candidates"].size() == 2);
  CHECK(json["candidates"][1]["state"] == "down");

  const Json pinned = Json::parse(route("?ip=10.2.0.1").body);
  CHECK(pinned["reason"] == "override-down");
  CHECK(pinned["explanation"] ==
        "the subnet table sends the client to syd, which takes no requests; fra is the next one");
  CHECK(Json::parse(route("?ip=9.9.9.9").body)["reason"] == "place-unknown");

  for (const char* bad : {"", "?ip=", "?ip=fra", "?ip=1.2.3.4%00", "?ip=1.2.3.4&path=x",
                          "?ip=1.2.3.4&path=/%0d%0aX:1"}) {
    CAPTURE(bad);
    CHECK(route(bad).status() == 400);
    CHECK(Json::parse(route(bad).body).contains("error"));
  }
  World nobody{kConfig};
  CHECK(nobody.ask({.target = "/v1/route?ip=1.2.3.4&host=other.example"}).status() == 404);
  CHECK(nobody.ask({.target = "/v1/route?ip=1.2.3.4"}).status() == 503);
}

TEST_CASE("orders: a PoP that is out of service gets nobody, and says why") {
  World world;
  world.serve("fra");
  world.serve("syd");
  const auto give = [&](const std::string& what) {
    return world.ask({.method = "POST", .target = "/v1/pops/" + what});
  };
  const auto location = [&] {
    return world.ask({.target = "/x", .host = "shop.example", .client = "10.1.0.1"})
        .field("Location");
  };
  CHECK(location() == "http://127.0.1.1:8080/x");
  Json pop = Json::parse(give("fra/drain?grace=7s&deadline=1m").body);
  CHECK(pop["state"] == "draining");
  CHECK(pop["alive"] == false);
  CHECK(pop["order"]["wish"] == "drain");
  CHECK(pop["order"]["grace_ms"] == 7000);
  CHECK(pop["order"]["deadline_ms"] == 60000);
  CHECK(pop["order"]["author"].is_null());
  CHECK(location() == "http://127.0.2.1:8080/x");
  const Json route = Json::parse(world.ask({.target = "/v1/route?ip=10.1.0.1"}).body);
  CHECK(route["pop"] == "syd");
  CHECK(route["candidates"][1]["verdict"] == "draining");
  // It is not waited for.
  CHECK(Json::parse(world.ask({.target = "/v1/status"}).body)["ready"] == true);
  CHECK(give("syd/disable").status() == 409);
  CHECK(give("syd/disable?force=true").status() == 200);
  CHECK(location() == "-");
  CHECK(Json::parse(give("fra/activate").body)["order"].is_null());
  CHECK(location() == "http://127.0.1.1:8080/x");
  for (const char* bad : {"fra/drain?grace=25h", "fra/drain?grace=5", "fra/drain?deadline=x"}) {
    CAPTURE(bad);
    CHECK(give(bad).status() == 400);
  }
  // What a page of another site sends changes nothing.
  const http::Field evil{"Origin", "http://evil.example"};
  CHECK(world
            .ask({.method = "POST",
                  .target = "/v1/pops/fra/disable?force=true",
                  .fields = {&evil, &evil + 1}})
            .status() == 403);
}

TEST_CASE(
    "orders: clients that know the address are accepted as long as DNS lets them remember it") {
  Config config;
  CHECK(drain_grace(config) == 2s);
  config.zone.emplace();
  config.zone->distributions.resize(2);
  config.zone->distributions[1].ttl = 20;
  CHECK(drain_grace(config) == 22s);
}

TEST_CASE("status: says when everything is ready") {
  World world;
  const auto status = [&] { return Json::parse(world.ask({.target = "/v1/status"}).body); };
  CHECK(status()["ready"] == false);
  world.serve("fra");
  CHECK(status()["ready"] == false);
  const SessionId syd = world.serve("syd");
  Json json = status();
  CHECK(json["ready"] == true);
  CHECK(json["snapshot_version"] == 1);
  CHECK(json["pops"][0]["state"] == "active");
  CHECK(json["pops"][0]["nodes"][0]["snapshot_version"] == 1);
  CHECK(json["pops"][0]["nodes"][0]["statistics"]["requests"] == 0);
  world.fleet->on_snapshot_ack(syd, 2, "no");
  CHECK(status()["ready"] == false);
  CHECK(status()["pops"][1]["nodes"][0]["snapshot_refused"] == "no");
  world.fleet->on_closed(syd);
  json = status();
  CHECK(json["pops"][1]["alive"] == false);
  CHECK(json["pops"][1]["state"] == "down");
}

TEST_CASE("reload: as a whole or not at all") {
  World world;
  const auto problem = [&] {
    return Json::parse(world.ask({.target = "/v1/status"}).body)["configuration_problem"]
        .get<std::string>();
  };
  const std::string good = std::string(kConfig) + kAnyHost;
  const auto reload = [&](const std::string& text) {
    world.scratch.write("control.toml", text);
    world.controller->reload();
  };
  reload(good + "surprise = 1\n");
  CHECK(problem().find("control.toml:") != std::string::npos);
  CHECK(problem().find("surprise") != std::string::npos);
  CHECK(world.fleet->snapshot_version() == 1);
  reload(good.substr(0, good.size() / 2));
  CHECK_FALSE(problem().empty());
  CHECK(world.fleet->snapshot_version() == 1);
  CHECK(world.controller->site()->config().pops.size() == 2);
  reload("");
  CHECK_FALSE(problem().empty());
  std::string moved = good;
  moved.replace(moved.find("state_dir = \"state\""), 19, "state_dir = \"other\"");
  reload(moved);
  CHECK(problem().find("restart") != std::string::npos);
  reload(good);
  CHECK(problem().empty());
  CHECK(world.fleet->snapshot_version() == 1);  // nothing the edges need has changed
  reload(std::string(kConfig));
  CHECK(world.fleet->snapshot_version() == 2);
}

TEST_CASE("reload: a file that changed is read once it is left alone") {
  World world;
  world.controller->poll_files();
  CHECK(world.fleet->snapshot_version() == 1);
  world.scratch.write("control.toml", "half");
  world.controller->poll_files();  // seen to change
  CHECK(world.controller->problem().empty());
  world.scratch.write("control.toml", kConfig);
  world.controller->poll_files();  // still changing
  CHECK(world.fleet->snapshot_version() == 1);
  world.controller->poll_files();
  CHECK(world.fleet->snapshot_version() == 2);
  world.scratch.write("subnets.toml", "[[subnet]]\n");
  world.controller->poll_files();
  world.controller->poll_files();
  CHECK(world.controller->problem().find("subnets.toml:1:1") != std::string::npos);
  world.scratch.write("subnets.toml", "");
  world.controller->poll_files();
  world.controller->poll_files();
  CHECK(world.controller->problem().empty());
  CHECK(world.controller->site()->config().subnets.empty());
}

TEST_CASE("purge: asked for with care, answered with a number") {
  World world;
  world.serve("fra");
  const std::vector<http::Field> json{{"Content-Type", "application/json; charset=utf-8"}};
  const auto purge = [&](const std::string& body) {
    return world.ask({.method = "POST", .target = "/v1/purge", .fields = json, .body = body});
  };
  for (const char* bad :
       {"", "{", "[]", "{}", "{\"url\": 5}", "{\"url\": \"x\"}", "{\"everything\": false}",
        "{\"host\": \"a\", \"tag\": \"b\"}", "{\"soft\": true}",
        "{\"soft\": 1, \"everything\": true}", "{\"what\": \"x\"}", "{\"tag\": \"\xff\"}"}) {
    CAPTURE(bad);
    CHECK(purge(bad).status() == 400);
  }
  CHECK(purge(std::string(70'000, ' ')).status() == 413);
  CHECK(world.fleet->last_purge() == 0);
  CHECK(purge("{\"url\": \"http://a.example/x\", \"soft\": true}").status() == 202);
  CHECK(world.fleet->last_purge() == 1);
  const Json progress = Json::parse(world.ask({.target = "/v1/purges/1"}).body);
  CHECK(progress["kind"] == "url");
  CHECK(progress["soft"] == true);
  CHECK(progress["done"] == false);
  CHECK(progress["nodes"][0]["acknowledged"] == false);
  CHECK(world.ask({.target = "/v1/purges/2"}).status() == 404);
  CHECK(world.ask({.target = "/v1/purges/x"}).status() == 400);
  // A page in somebody's browser can send neither of these.
  CHECK(world.ask({.method = "POST", .target = "/v1/purge", .body = "{}"}).status() == 403);
  CHECK(world.ask({.method = "POST", .target = "/v1/purge", .host = "evil.example", .fields = json})
            .status() == 403);
  CHECK(world.ask({.target = "/v1/purge"}).status() == 405);
  CHECK(world.ask({.method = "DELETE", .target = "/v1/status"}).field("Allow") == "GET, HEAD");
}

TEST_CASE("purge: of hosts that no distribution has is refused, and has no number") {
  World world{kConfig};
  const std::vector<http::Field> json{{"Content-Type", "application/json"}};
  const auto purge = [&](const std::string& body) {
    return world.ask({.method = "POST", .target = "/v1/purge", .fields = json, .body = body});
  };
  for (const char* unknown :
       {R"({"url": "http://other.example/x"})", R"({"prefix": "https://other.example:8443/*"})",
        R"({"host": "other.example"})", R"({"host": "example"})"}) {
    CAPTURE(unknown);
    const FakeResponder answer = purge(unknown);
    CHECK(answer.status() == 404);
    CHECK(answer.body.find("no distribution has the host") != std::string::npos);
  }
  CHECK(world.fleet->last_purge() == 0);
  for (const char* known :
       {R"({"url": "http://NAMED.example:8080/x"})", R"({"prefix": "http://a.wild.example/*"})",
        R"({"host": "named.example"})", R"({"tag": "anything"})", R"({"everything": true})"}) {
    CAPTURE(known);
    CHECK(purge(known).status() == 202);
  }
}

TEST_CASE("dashboard: at hosts of the control plane itself, and only read") {
  World world;
  const auto status = [&](const char* host, const char* target, const char* method = "GET") {
    return world.ask({.method = method, .target = target, .host = host}).status();
  };
  CHECK(world.ask({}).body == "<p>page</p>");
  CHECK(status("127.0.0.1", "/dashboard/main-1.js") == 200);
  CHECK(status("127.0.0.1", "/dashboard/other.js") == 404);
  CHECK(status("127.0.0.1", "/", "POST") == 405);
  CHECK(status("127.0.0.1", "/dashboards") == 503);  // content, and no PoP is there
  CHECK(status("shop.example", "/dashboard/main-1.js") == 503);
  CHECK(status("named.example", "/") == 503);
}

TEST_CASE("metrics: redirects are counted by PoP and reason") {
  World world;
  world.serve("fra");
  world.ask({.target = "/x", .host = "shop.example", .client = "10.1.0.1"});
  world.ask({.target = "/x", .host = "shop.example", .client = "10.1.0.1"});
  const std::string text = world.ask({.target = "/metrics"}).body;
  CHECK(text.find("atoll_control_redirects_total{pop=\"fra\",reason=\"nearest\"} 2\n") !=
        std::string::npos);
  CHECK(text.find("atoll_pop_active{pop=\"syd\"} 0\n") != std::string::npos);
}

}  // namespace
}  // namespace atl::control
