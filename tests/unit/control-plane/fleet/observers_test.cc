// What several observers see of a node, over the fleet.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "control-plane/fleet/address.h"
#include "control-plane/fleet/fleet.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/control-plane/fleet/fake_link.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;
using Said = std::vector<std::string>;

TEST_CASE("address: only where the operator says that clients reach the PoP") {
  struct Row {
    std::vector<std::string> listens;
    std::vector<std::string> endpoints;
    bool only;
    const char* want;  // empty: nowhere
  };
  for (const Row& row : {
           Row{{"127.0.1.1:80"}, {"127.0.1.1:80"}, false, "127.0.1.1:80"},
           Row{{"127.0.1.1:80"}, {"127.0.1.1:81"}, true, ""},
           Row{{"127.0.1.1:80"}, {"192.0.2.1:80"}, true, ""},
           Row{{"127.0.1.1:80", "127.0.1.2:80"},
               {"a.example:80", "127.0.1.2:80"},
               false,
               "127.0.1.2:80"},
           Row{{"0.0.0.0:80"}, {"192.0.2.1:80"}, true, "192.0.2.1:80"},
           Row{{"0.0.0.0:80"}, {"192.0.2.1:80"}, false, ""},
           Row{{"0.0.0.0:80"}, {"192.0.2.1:8080"}, true, ""},
           Row{{"[::]:80"}, {"[2001:db8::1]:80"}, true, "[2001:db8::1]:80"},
           Row{{"[2001:db8::1]:80"}, {"[2001:DB8:0::1]:80"}, true, "[2001:DB8:0::1]:80"},
           Row{{"a.example:80"}, {"a.example:80"}, true, ""},
           Row{{}, {"192.0.2.1:80"}, true, ""},
           Row{{"x", ":", ""}, {"192.0.2.1:80", "x", ""}, true, ""},
       }) {
    CAPTURE(row.endpoints.front());
    CHECK(reachable_at(row.listens, row.endpoints, row.only).value_or("") == row.want);
  }
}

// Three PoPs of one node each, all of which serve.
struct World {
  struct Node {
    SessionId session = 0;
    std::shared_ptr<FakeLink> link = std::make_shared<FakeLink>();
    NodeHealth health;
  };

  ScratchDirectory scratch;
  ManualClock clock;
  std::string warning;
  Fleet fleet{clock,
              {2s, 500ms, "test"},
              *PurgeLog::open(scratch.file("purges"), warning),
              *OrderBook::open(scratch.file("orders"))};
  std::map<std::string, Node> nodes;

  World() {
    fleet.set_pops({"fra", "sin", "syd"});
    Fleet::Watching watching;
    for (const char* pop : {"fra", "sin", "syd"}) watching.endpoints[pop] = {at(pop)};
    fleet.set_watching(watching);
    for (const char* pop : {"fra", "sin", "syd"}) join(pop);
    fleet.tick();
  }
  static std::string at(const std::string& pop) {
    return pop == "fra" ? "127.0.1.1:80" : pop == "sin" ? "127.0.2.1:80" : "127.0.3.1:80";
  }
  void join(const std::string& pop) {
    Node& node = nodes[pop];
    NodeHello made = hello(pop, "0", pop);
    made.endpoints = {at(pop)};
    node.session = *fleet.join(made, node.link);
    fleet.welcome(node.session);
    node.health.serving = true;
    beat(pop);
  }
  void beat(const std::string& pop) { fleet.on_health(nodes[pop].session, nodes[pop].health); }
  // What `observer` says of `pop` from now on.
  void sees(const std::string& observer, const std::string& pop, bool reachable) {
    auto& observed = nodes[observer].health.observed;
    std::erase_if(observed, [&](const Observation& one) { return one.pop == pop; });
    observed.push_back({pop, "0", reachable, reachable ? "" : "refused"});
    clock.advance(301ms);
    beat(observer);
  }
  // It saw `pop` well `age` ago, and says so only now.
  void saw(const std::string& observer, const std::string& pop, std::chrono::milliseconds age) {
    nodes[observer].health.observed = {{pop, "0", true, "", age}};
    beat(observer);
  }
  void probed(const std::string& pop, bool reachable) {
    fleet.on_probe({pop, "0"}, reachable, reachable ? "" : "refused");
  }
  PopState state(const std::string& pop) const { return fleet.pop_state(pop); }
};

TEST_CASE("observers: each node is told whom to look at, and looked at by the control plane") {
  World world;
  CHECK(world.nodes["fra"].link->looks_at == Said{"sin/0 127.0.2.1:80", "syd/0 127.0.3.1:80"});
  CHECK(world.nodes["syd"].link->looks_at == Said{"fra/0 127.0.1.1:80", "sin/0 127.0.2.1:80"});
  std::vector<ProbeTarget> targets = world.fleet.probe_targets();
  REQUIRE(targets.size() == 3);
  CHECK(targets[0] == ProbeTarget{{"fra", "0"}, "127.0.1.1:80", false});
  world.probed("fra", true);
  world.clock.advance(1ms);
  world.fleet.on_closed(world.nodes["fra"].session);
  CHECK(world.fleet.probe_targets()[0].urgent);
  world.clock.advance(1ms);
  world.probed("fra", false);
  CHECK_FALSE(world.fleet.probe_targets()[0].urgent);
  // Who is gone looks at nobody; who is back is told again.
  CHECK(world.nodes["sin"].link->looks_at == Said{"fra/0 127.0.1.1:80", "syd/0 127.0.3.1:80"});
  world.nodes["fra"].link->looks_at.clear();
  world.join("fra");
  world.fleet.tick();
  CHECK(world.nodes["fra"].link->looks_at.size() == 2);
  Fleet::Watching none;
  none.probe = false;
  none.observers = 0;
  world.fleet.set_watching(none);
  world.fleet.tick();
  CHECK(world.nodes["fra"].link->looks_at.empty());
  CHECK(world.fleet.probe_targets().empty());
}

TEST_CASE("observers: the control plane's probe alone takes nobody out") {
  World world;
  for (const char* pop : {"fra", "sin", "syd"}) world.probed(pop, false);
  for (const char* pop : {"fra", "sin", "syd"}) {
    CHECK(world.state(pop) == PopState::Active);
    CHECK(world.fleet.votes(*world.fleet.nodes_of(pop)[0]).probe == Vote::Down);
  }
}

TEST_CASE("observers: a control plane that is cut off from a PoP keeps it while others see it") {
  World world;
  world.probed("fra", false);
  world.fleet.on_closed(world.nodes["fra"].session);
  CHECK(world.state("fra") == PopState::Down);  // nobody else has looked
  world.sees("sin", "fra", true);
  CHECK(world.state("fra") == PopState::Down);
  world.sees("syd", "fra", true);
  CHECK(world.state("fra") == PopState::Active);
  CHECK(explain(world.fleet.votes(*world.fleet.nodes_of("fra")[0])) ==
        "not heard of, and 2 of 4 observers see it");
  // Their words grow old.
  world.clock.advance(1500ms);
  world.beat("sin");
  CHECK(world.state("fra") == PopState::Active);
  world.clock.advance(2s);
  CHECK(world.state("fra") == PopState::Down);
}

TEST_CASE("observers: a node that nobody reaches is down, whatever it says; its own no is enough") {
  World world;
  world.sees("sin", "fra", false);
  CHECK(world.state("fra") == PopState::Active);
  world.probed("fra", false);
  CHECK(world.state("fra") == PopState::Down);
  world.sees("sin", "fra", true);
  CHECK(world.state("fra") == PopState::Active);
  world.nodes["fra"].health.serving = false;
  world.beat("fra");
  CHECK(world.state("fra") == PopState::NotServing);
  world.probed("fra", false);
  world.sees("sin", "fra", false);
  CHECK(world.state("fra") == PopState::NotServing);  // so that a drain is waited for
}

TEST_CASE(
    "observers: what was seen before the stream broke counts no more, nor what nobody asked") {
  World world;
  world.sees("sin", "fra", true);
  world.sees("syd", "fra", true);
  world.clock.advance(1ms);
  world.fleet.on_closed(world.nodes["fra"].session);
  CHECK(world.state("fra") == PopState::Down);
  Fleet::Watching fewer;
  fewer.observers = 1;
  for (const char* pop : {"fra", "sin", "syd"}) fewer.endpoints[pop] = {World::at(pop)};
  world.fleet.set_watching(fewer);
  world.fleet.tick();
  CHECK(world.nodes["syd"].link->looks_at == Said{"sin/0 127.0.2.1:80"});
  world.sees("syd", "fra", true);  // it was not asked
  CHECK(world.state("fra") == PopState::Down);
  world.sees("sin", "fra", true);
  CHECK(world.state("fra") == PopState::Active);
}

TEST_CASE(
    "observers: what was seen before the stream broke, and is told after it, counts no more") {
  World world;
  world.fleet.on_closed(world.nodes["fra"].session);
  world.probed("fra", false);
  world.clock.advance(400ms);
  world.saw("sin", "fra", 390ms);
  world.saw("syd", "fra", 390ms);
  CHECK(world.state("fra") == PopState::Down);
  world.saw("sin", "fra", 150ms);  // it may have been under way for so long
  world.saw("syd", "fra", 150ms);
  CHECK(world.state("fra") == PopState::Down);
  world.saw("sin", "fra", 50ms);
  world.saw("syd", "fra", 50ms);
  CHECK(world.state("fra") == PopState::Active);
}

TEST_CASE("observers: a process that is gone does not come back without joining") {
  World world;
  const NodeName fra{"fra", "0"};
  world.fleet.on_probe(fra, false, "connection refused", true);
  CHECK(world.state("fra") == PopState::Active);  // its stream is well: the others are believed
  world.sees("sin", "fra", true);
  world.fleet.on_closed(world.nodes["fra"].session);
  world.fleet.on_probe(fra, false, "connection refused", true);
  // Another one answers in its place, from what was stored, and has not heard what was purged.
  world.probed("fra", true);
  world.sees("sin", "fra", true);
  world.sees("syd", "fra", true);
  CHECK(world.state("fra") == PopState::Down);
  world.join("fra");
  CHECK(world.state("fra") == PopState::Active);
}

TEST_CASE("observers: a node that was revoked is none of ours, whoever sees it") {
  World world;
  for (const char* pop : {"fra", "sin"}) {
    world.sees("syd", pop, true);
    world.probed(pop, true);
  }
  SUBCASE("while it is connected") {
    world.fleet.on_expelled(world.nodes["fra"].session);
    CHECK(world.state("fra") == PopState::Down);
    CHECK(world.fleet.nodes_of("fra").empty());
    world.beat("fra");  // what was on its way
    world.fleet.on_closed(world.nodes["fra"].session);
    CHECK(world.state("fra") == PopState::Down);
    world.join("fra");
    CHECK(world.state("fra") == PopState::Active);
  }
  SUBCASE("while it is not") {
    world.fleet.on_closed(world.nodes["fra"].session);
    world.sees("syd", "fra", true);
    CHECK(world.state("fra") == PopState::Active);
    world.fleet.expel_absent([](const NodeName& name) { return name.first != "syd"; });
    CHECK(world.state("fra") == PopState::Down);
    CHECK(world.state("sin") == PopState::Active);  // it is connected
  }
}

}  // namespace
}  // namespace atl::control
