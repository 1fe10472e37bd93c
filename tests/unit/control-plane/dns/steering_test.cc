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
  const Ranking first = steering.rank(world.view, address("10.2.3.4"));
  CHECK(first.size == 3);
  CHECK(first.active == 3);
  CHECK(world.view.pops[first.pops[0]].id == "sin");
  CHECK(world.view.pops[first.pops[1]].id == "fra");
  CHECK(first.scope == 96 + 16);

  world.set_states({geo::PopState::Active, geo::PopState::NotServing, geo::PopState::Down});
  const Ranking second = steering.rank(world.view, address("10.2.3.4"));
  CHECK(second.active == 1);
  CHECK(world.view.pops[second.pops[0]].id == "fra");
}

TEST_CASE("steering: what is remembered is what would be decided") {
  test::World world;
  world.subnets = geo::SubnetTable({{*geo::parse_prefix("10.0.0.0/8"), "fra", {}, ""},
                                    {*geo::parse_prefix("10.0.0.128/25"), "iad", {}, ""},
                                    {*geo::parse_prefix("10.0.0.7"), "sin", {}, ""},
                                    {*geo::parse_prefix("10.0.2.0/23"), "sin", {}, ""},
                                    {*geo::parse_prefix("2001:db8::/63"), "iad", {}, ""}});
  Steering steering;
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    geo::Address client = address(random() % 4 == 0 ? "2001:db8::" : "10.0.0.0");
    const size_t low = client.is_v4() ? 14 : 7;
    client.bytes[low] = static_cast<uint8_t>(random() % 4);
    client.bytes[15] = static_cast<uint8_t>(random() % 256);
    const Ranking& remembered = steering.rank(world.view, client);
    Steering fresh;
    const Ranking& decided = fresh.rank(world.view, client);
    REQUIRE(remembered.pops == decided.pops);
    if (i % 5000 == 0) world.set_states({i % 2 == 0 ? geo::PopState::Down : geo::PopState::Active});
  }
}

}  // namespace
}  // namespace atl::dns
