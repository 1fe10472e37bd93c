#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "control-plane/access/guard.h"
#include "control-plane/frontdoor/front_door.h"
#include "control-plane/frontdoor/live.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/control-plane/fleet/fake_link.h"
#include "tests/unit/control-plane/frontdoor/fake_responder.h"

// A front door with a configuration of two PoPs, on a clock that moves when told.

namespace atl::control {

using namespace std::chrono_literals;

inline constexpr const char* kConfig = R"([control]
state_dir = "state"
subnets = "subnets.toml"
[[pop]]
id = "fra"
city = "Frankfurt"
latitude = 50.11
longitude = 8.68
endpoints = ["127.0.1.1:8080"]
[[pop]]
id = "syd"
latitude = -33.87
longitude = 151.21
endpoints = ["127.0.2.1:8080"]
[[origin]]
id = "www"
endpoint = "127.0.0.1:7400"
source = "www"
[[origin_group]]
id = "www"
origins = ["www"]
[[distribution]]
id = "named"
hosts = ["named.example", "*.wild.example"]
[[distribution.behaviour]]
path = "*"
origin_group = "www"
)";
inline constexpr const char* kAnyHost = R"([[distribution]]
id = "any"
hosts = ["*"]
[[distribution.behaviour]]
path = "*"
origin_group = "www"
)";
inline constexpr const char* kSubnets = R"([[subnet]]
prefix = "10.1.0.0/16"
latitude = 48.1
longitude = 11.6
[[subnet]]
prefix = "10.2.0.0/16"
pop = "syd"
)";

constexpr Asset kAssets[] = {
    {"/", "text/html; charset=utf-8", "01", false, "<p>page</p>", {}},
    {"/dashboard/main-1.js", "text/javascript", "02", true, "script", "zipped"},
};

struct World {
  ScratchDirectory scratch;
  ManualClock clock;
  std::string warning;
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<Controller> controller;
  std::unique_ptr<Routing> routing;
  std::unique_ptr<Live> live;
  std::unique_ptr<Guard> guard;
  std::unique_ptr<FrontDoor> door;

  explicit World(const std::string& config = std::string(kConfig) + kAnyHost) {
    scratch.write("control.toml", config);
    scratch.write("subnets.toml", kSubnets);
    scratch.write("regions.csv", "region,city,lat,lon\nfra,,50.1,8.7\nsyd,,-33.9,151.2\n");
    scratch.write("matrix.csv", "from,fra,syd\nfra,1,20\nsyd,20,1\n");
    fleet = std::make_unique<Fleet>(clock, Fleet::Options{2s, 500ms, "test"},
                                    *PurgeLog::open(scratch.file("purges"), warning),
                                    *OrderBook::open(scratch.file("orders")));
    auto site = Site::load(scratch.file("control.toml"));
    REQUIRE(site);
    controller = std::make_unique<Controller>(
        scratch.file("control.toml"), *std::move(site),
        *SnapshotVersions::open(scratch.file("version"), 1, warning), *fleet);
    REQUIRE(controller->apply());
    routing = std::make_unique<Routing>(clock, *controller, *fleet);
    live = std::make_unique<Live>(clock, *controller, *fleet, "0.1.0");
    guard = std::make_unique<Guard>(clock, *TokenStore::open(scratch.file("tokens")),
                                    AuditLog(scratch.file("audit")));
    door = std::make_unique<FrontDoor>(clock, *controller, *fleet, *routing, *live, *guard, "0.1.0",
                                       kAssets);
  }

  // The secret of a new token, which is called as its role.
  std::string token(Role role) {
    const auto made =
        guard->tokens().create(std::string(to_string(role)), role, std::nullopt, guard->now_s());
    REQUIRE(made);
    return made->secret;
  }

  SessionId serve(const char* pop) {
    const auto session = fleet->join(hello(pop, "0", "a"), std::make_shared<FakeLink>());
    REQUIRE(session);
    NodeHealth health;
    health.serving = true;
    fleet->on_health(*session, health);
    fleet->on_snapshot_ack(*session, fleet->snapshot_version(), "");
    return *session;
  }

  struct Ask {
    const char* method = "GET";
    std::string target = "/";
    std::string host = "127.0.0.1:8000";
    std::vector<http::Field> fields = {};
    std::string client = "127.0.0.1";
    std::string body = "";
  };
  FakeResponder ask(const Ask& ask) {
    FakeResponder responder(ask.client);
    http::RequestHead head;
    head.method = ask.method;
    head.target = head.path_and_query = ask.target;
    head.authority = ask.host;
    head.scheme = "http";
    head.fields = ask.fields;
    const auto handler = door->on_request(head, responder);
    if (handler && responder.answers == 0) {  // else it is a stream
      CHECK(responder.reading);
      if (!ask.body.empty()) handler->on_body(ask.body);
      handler->on_body_end({});
    }
    CHECK(responder.answers == 1);
    return responder;
  }
};

}  // namespace atl::control
