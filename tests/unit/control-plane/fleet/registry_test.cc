#include "control-plane/fleet/registry.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/control-plane/fleet/fake_link.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;

struct World {
  Registry registry{2s};
  MonoTime now{1h};

  World() { registry.set_pops({"fra", "syd"}); }

  SessionId join(const char* pop, const char* node, const char* instance,
                 std::shared_ptr<FakeLink> link = std::make_shared<FakeLink>()) {
    const auto session = registry.join(hello(pop, node, instance), std::move(link), now);
    REQUIRE(session);
    return *session;
  }
  std::string refused(NodeHello made) {
    const auto session = registry.join(std::move(made), std::make_shared<FakeLink>(), now);
    return session ? "" : session.error();
  }
  void serve(SessionId session) {
    NodeRecord* record = registry.heard(session, now);
    REQUIRE(record != nullptr);
    record->health.serving = true;
  }
  NodeState state(const char* pop) const { return registry.pop_state(pop, now); }
};

TEST_CASE("registry: a node is active once it serves, and for one lease after it was last heard") {
  World world;
  CHECK(world.state("fra") == NodeState::Down);
  const SessionId session = world.join("fra", "0", "a");
  CHECK(world.state("fra") == NodeState::NotServing);
  world.serve(session);
  CHECK(world.state("fra") == NodeState::Active);
  CHECK(world.state("syd") == NodeState::Down);
  world.now += 2s - 1ns;
  CHECK(world.state("fra") == NodeState::Active);
  world.now += 1ns;
  CHECK(world.state("fra") == NodeState::Down);
  CHECK(world.registry.heard(session, world.now) != nullptr);  // it only hung
  CHECK(world.state("fra") == NodeState::Active);
}

TEST_CASE("registry: a broken stream takes its node down at once") {
  World world;
  const SessionId session = world.join("fra", "0", "a");
  world.serve(session);
  world.registry.closed(session, world.now);
  CHECK(world.state("fra") == NodeState::Down);
  CHECK(world.registry.heard(session, world.now) == nullptr);
  world.registry.closed(session, world.now);  // said twice
  CHECK(world.registry.nodes_of("fra").size() == 1);
}

TEST_CASE("registry: a PoP is as good as its best node") {
  World world;
  const SessionId a = world.join("fra", "0", "a");
  const SessionId b = world.join("fra", "1", "b");
  CHECK(world.state("fra") == NodeState::NotServing);
  world.serve(b);
  CHECK(world.state("fra") == NodeState::Active);
  world.registry.closed(b, world.now);
  CHECK(world.state("fra") == NodeState::NotServing);
  world.registry.closed(a, world.now);
  CHECK(world.state("fra") == NodeState::Down);
}

TEST_CASE("registry: who may take a name over") {
  SUBCASE("not another process while the first one lives") {
    World world;
    const SessionId first = world.join("fra", "0", "a");
    CHECK(world.refused(hello("fra", "0", "b")) ==
          "another process is node \"0\" of PoP \"fra\" and alive");
    CHECK(world.registry.heard(first, world.now) != nullptr);
  }
  SUBCASE("another process once the stream is closed") {
    World world;
    world.registry.closed(world.join("fra", "0", "a"), world.now);
    world.join("fra", "0", "b");
    CHECK(world.registry.nodes_of("fra")[0]->hello.instance == "b");
  }
  SUBCASE("another process once the lease has run out; the old stream is closed") {
    World world;
    const auto link = std::make_shared<FakeLink>();
    const SessionId first = world.join("fra", "0", "a", link);
    world.now += 2s;
    world.join("fra", "0", "b");
    CHECK(link->said == std::vector<std::string>{"close: a newer stream of this node took over"});
    CHECK(world.registry.heard(first, world.now) == nullptr);
    world.registry.closed(first, world.now);  // its end arrives late and hurts nobody
    CHECK(world.state("fra") == NodeState::NotServing);
  }
  SUBCASE("the same process at any time: it knows that its old stream is gone") {
    World world;
    const auto link = std::make_shared<FakeLink>();
    world.join("fra", "0", "a", link);
    world.join("fra", "0", "a");
    CHECK(link->said.size() == 1);
  }
}

TEST_CASE("registry: a node that returns begins with a clean sheet") {
  World world;
  const SessionId first = world.join("fra", "0", "a");
  world.serve(first);
  NodeRecord* record = world.registry.heard(first, world.now);
  record->snapshot_version = 7;
  record->statistics.emplace();
  world.registry.closed(first, world.now);
  world.join("fra", "0", "b");
  const NodeRecord* again = world.registry.nodes_of("fra")[0];
  CHECK_FALSE(again->health.serving);
  CHECK(again->snapshot_version == 0);
  CHECK_FALSE(again->statistics);
}

TEST_CASE("registry: what it refuses") {
  World world;
  CHECK(world.refused(hello("lhr", "0", "a")) == "there is no PoP \"lhr\" in the configuration");
  CHECK(world.refused(hello("", "0", "a")) == "the hello names no PoP");
  CHECK(world.refused(hello("fra", "../x", "a")).starts_with("a node's name is of letters"));
  CHECK(world.refused(hello("fra", std::string(65, 'n'), "a")).starts_with("a node's name is of"));
  CHECK(world.refused(hello("fra", "0", "")) == "the hello has no proper instance");
  NodeHello many = hello("fra", "0", "a");
  many.endpoints.assign(17, "a:1");
  CHECK_FALSE(world.refused(many).empty());
  NodeHello strange = hello("fra", "0", "a");
  strange.endpoints = {"a:1\r\nx"};
  CHECK_FALSE(world.refused(strange).empty());
  for (size_t i = 0; i < Registry::kNodesPerPop; ++i) {
    world.join("fra", std::to_string(i).c_str(), "a");
  }
  CHECK(world.refused(hello("fra", "one-more", "a")) == "the PoP has 256 nodes already");
}

TEST_CASE("registry: nodes of a PoP that is removed are told and forgotten") {
  World world;
  const auto link = std::make_shared<FakeLink>();
  const SessionId session = world.join("fra", "0", "a", link);
  const SessionId other = world.join("syd", "0", "b");
  world.registry.set_pops({"syd", "sin"});
  CHECK(link->said ==
        std::vector<std::string>{"close: the PoP was removed from the configuration"});
  CHECK(world.registry.heard(session, world.now) == nullptr);
  CHECK(world.registry.heard(other, world.now) != nullptr);
  world.registry.closed(session, world.now);
  world.join("sin", "0", "c");
}

}  // namespace
}  // namespace atl::control
