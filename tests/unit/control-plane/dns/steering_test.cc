#include "control-plane/dns/steering.h"

#include <doctest/doctest.h>

#include <random>

#include "control-plane/geo/place.h"
#include "tests/support/dns_message.h"

namespace atl::dns {
namespace {

geo::Address address(const char* text) { return *geo::parse_address(text); }

TEST_CASE("steering: the pinned PoP first, then those near it, the dead ones last") {
  test::World world;
  Steering steering;
  const Ranking first = steering.rank(world.view, address("10.2.3.4"), 0);
  CHECK(first.size == 3);
  CHECK(first.active == 3);
  CHECK(world.id(first.pops[0]) == "sin");
  CHECK(world.id(first.pops[1]) == "fra");
  CHECK(first.scope == 96 + 16);

  world.set_states({geo::PopState::Active, geo::PopState::NotServing, geo::PopState::Down});
  const Ranking second = steering.rank(world.view, address("10.2.3.4"), 0);
  CHECK(second.active == 1);
  CHECK(world.id(second.pops[0]) == "fra");
}

TEST_CASE("steering: what is remembered is what would be decided") {
  test::World world;
  world.subnets = geo::SubnetTable({{*geo::parse_prefix("10.0.0.0/8"), "fra", {}, ""},
                                    {*geo::parse_prefix("10.0.0.128/25"), "iad", {}, ""},
                                    {*geo::parse_prefix("10.0.0.7"), "sin", {}, ""},
                                    {*geo::parse_prefix("10.0.2.0/23"), "sin", {}, ""},
                                    {*geo::parse_prefix("2001:db8::/63"), "iad", {}, ""}});
  world.policies[1].targets = {{0}, {2}};  // the other distribution is steered otherwise
  world.remake();
  Steering steering;
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    geo::Address client = address(random() % 4 == 0 ? "2001:db8::" : "10.0.0.0");
    const size_t low = client.is_v4() ? 14 : 7;
    client.bytes[low] = static_cast<uint8_t>(random() % 4);
    client.bytes[15] = static_cast<uint8_t>(random() % 256);
    const Ranking& remembered = steering.rank(world.view, client, i % 2);
    Steering fresh;
    const Ranking& decided = fresh.rank(world.view, client, i % 2);
    REQUIRE(remembered.pops == decided.pops);
    REQUIRE(remembered.scope == decided.scope);
    if (i % 5000 == 0) world.set_states({i % 2 == 0 ? geo::PopState::Down : geo::PopState::Active});
  }
}

TEST_CASE("steering: an answer by chance holds for a network of the client, and is one PoP") {
  test::World world;
  world.policies[0].steer = geo::Steer::Weighted;
  world.policies[0].targets = {{0, 1}, {1, 1}, {2, 1}};
  world.remake();
  Steering steering;
  const Ranking v4 = steering.rank(world.view, address("10.7.3.4"), 0);
  CHECK(v4.scope == 96 + 24);
  CHECK(v4.single);
  CHECK(steering.rank(world.view, address("10.7.3.99"), 0).pops == v4.pops);
  CHECK(steering.rank(world.view, address("2001:db8:9::1"), 0).scope == 56);
  CHECK(steering.rank(world.view, address("10.7.3.4"), 1).scope == 96 + 14);  // by no chance
  CHECK_FALSE(steering.rank(world.view, address("10.7.3.4"), 1).single);
}

TEST_CASE("steering: nobody is sent past a fence, even where distributions fail open") {
  test::World world;
  world.pops[2].fence = {geo::Fence::Kind::Deny, {"DE"}};
  world.policies[1].fence = {geo::Fence::Kind::Deny, {"DE"}};
  world.subnets = geo::SubnetTable({{*geo::parse_prefix("10.0.0.0/8"), "", {{50, 9}}, "DE"}});
  world.remake();
  Steering steering;
  const Ranking open = steering.rank(world.view, address("10.1.1.1"), 0);
  CHECK(open.size == 2);
  CHECK_FALSE(open.forbidden);
  world.set_states({geo::PopState::Down, geo::PopState::Down, geo::PopState::Active});
  const Ranking down = steering.rank(world.view, address("10.1.1.1"), 0);
  CHECK(down.active == 0);
  CHECK(down.size == 2);
  CHECK(steering.rank(world.view, address("10.1.1.1"), 1).forbidden);
  CHECK_FALSE(steering.rank(world.view, address("11.1.1.1"), 1).forbidden);
}

TEST_CASE("steering: PoPs out of service are not answered, even where distributions fail open") {
  test::World world;
  world.set_states({geo::PopState::Draining, geo::PopState::Down, geo::PopState::AdminDown});
  Steering steering;
  const Ranking ranking = steering.rank(world.view, address("10.1.1.1"), 0);
  CHECK(ranking.active == 0);
  REQUIRE(ranking.size == 1);
  CHECK(world.id(ranking.pops[0]) == "iad");
}

TEST_CASE("steering: PoPs that should not get more are answered only when there is no other") {
  test::World world;
  world.set_status(
      {{geo::PopState::Active, 2, 1.0}, {geo::PopState::Active}, {geo::PopState::Down}});
  Steering steering;
  const Ranking some = steering.rank(world.view, address("10.9.1.1"), 0);
  CHECK(some.active == 1);
  CHECK(some.size == 3);
  CHECK(world.id(some.pops[0]) == "iad");
  world.set_status({{geo::PopState::Active, 2, 1.0}, {geo::PopState::Down}, {geo::PopState::Down}});
  const Ranking last = steering.rank(world.view, address("10.9.1.1"), 0);
  CHECK(last.active == 1);
  CHECK(world.id(last.pops[0]) == "fra");
}

}  // namespace
}  // namespace atl::dns
