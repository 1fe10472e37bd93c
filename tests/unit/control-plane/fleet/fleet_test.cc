#include "control-plane/fleet/fleet.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/scratch_directory.h"
#include "tests/unit/control-plane/fleet/fake_link.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;
using Said = std::vector<std::string>;

struct World {
  ScratchDirectory scratch;
  ManualClock clock;
  std::string warning;
  Fleet fleet{clock,
              {2s, 500ms, "test"},
              *PurgeLog::open(scratch.file("purges"), warning),
              *OrderBook::open(scratch.file("orders"))};
  std::shared_ptr<FakeLink> link;

  World() { fleet.set_pops({"fra", "syd"}); }

  SessionId join(NodeHello made) {
    link = std::make_shared<FakeLink>();
    const auto session = fleet.join(std::move(made), link);
    REQUIRE(session);
    fleet.welcome(*session);
    return *session;
  }
  static std::shared_ptr<const SnapshotData> snapshot(uint64_t version) {
    return std::make_shared<const SnapshotData>(version, "bytes");
  }
};

TEST_CASE("fleet: a node that joins is told the snapshot, also one it may know already") {
  World world;
  world.join(hello("fra", "0", "a"));
  CHECK(world.link->said == Said{});  // nothing is published yet
  world.fleet.publish(World::snapshot(4));
  CHECK(world.link->said == Said{"snapshot 4"});
  NodeHello knows = hello("syd", "0", "b");
  knows.snapshot_version = 4;
  world.join(std::move(knows));
  CHECK(world.link->said == Said{"snapshot 4"});
  world.fleet.publish(World::snapshot(5));
  CHECK(world.link->said == Said{"snapshot 4", "snapshot 5"});
}

TEST_CASE("fleet: acknowledgements and refusals are kept per node") {
  World world;
  world.fleet.publish(World::snapshot(4));
  const SessionId session = world.join(hello("fra", "0", "a"));
  const auto node = [&] { return world.fleet.nodes_of("fra")[0]; };
  world.fleet.on_snapshot_ack(session, 4, "");
  CHECK(node()->snapshot_version == 4);
  world.fleet.on_snapshot_ack(session, 5, "no origin \"x\"");
  CHECK(node()->snapshot_version == 4);
  CHECK(node()->snapshot_refused == "no origin \"x\"");
  world.fleet.on_snapshot_ack(session, 6, "");
  CHECK(node()->snapshot_version == 6);
  CHECK(node()->snapshot_refused.empty());
  world.fleet.on_snapshot_ack(session + 1, 9, "");  // a session that never was
  CHECK(node()->snapshot_version == 6);
}

TEST_CASE("fleet: a purge is sent to all, kept for those who are away, and acknowledged by each") {
  World world;
  world.fleet.publish(World::snapshot(1));
  const SessionId fra = world.join(hello("fra", "0", "a"));
  const auto fra_link = world.link;
  world.fleet.on_closed(world.join(hello("syd", "0", "b")));
  const auto purge = world.fleet.purge({PurgeRequest::Kind::Host, "a.example", false});
  REQUIRE(purge);
  CHECK(purge->number == 1);
  CHECK(fra_link->said == Said{"snapshot 1", "purge 1 host"});

  world.clock.advance(3ms);
  world.fleet.on_purge_ack(fra, 1, 12, 40us);
  const PurgeProgress* progress = world.fleet.purge_progress(1);
  REQUIRE(progress != nullptr);
  const auto& acknowledged = progress->nodes.at({"fra", "0"});
  REQUIRE(acknowledged);
  CHECK(acknowledged->objects == 12);
  CHECK(acknowledged->after == 3ms);
  CHECK_FALSE(progress->nodes.at({"syd", "0"}));

  NodeHello back = hello("syd", "0", "c");  // a new process: purges before the snapshot
  const SessionId syd = world.join(std::move(back));
  CHECK(world.link->said == Said{"purge 1 host", "snapshot 1"});
  world.fleet.on_purge_ack(syd, 1, 0, 1us);
  CHECK(progress->nodes.at({"syd", "0"}));
  CHECK(world.fleet.nodes_of("syd")[0]->last_purge == 1);
  world.fleet.on_closed(syd);
  NodeHello knows = hello("syd", "0", "c");
  knows.last_purge = 1;
  world.join(std::move(knows));
  CHECK(world.link->said == Said{"snapshot 1"});
}

TEST_CASE("fleet: a node that did a purge but lost its stream before saying so has done it") {
  World world;
  const SessionId session = world.join(hello("fra", "0", "a"));
  REQUIRE(world.fleet.purge({PurgeRequest::Kind::Everything, "", false}));
  world.fleet.on_closed(session);
  CHECK_FALSE(world.fleet.purge_progress(1)->nodes.at({"fra", "0"}));
  NodeHello back = hello("fra", "0", "a");
  back.last_purge = 1;
  world.join(std::move(back));
  CHECK(world.link->said == Said{});
  CHECK(world.fleet.purge_progress(1)->nodes.at({"fra", "0"}));
}

TEST_CASE("fleet: a purge that makes no sense has no number") {
  World world;
  CHECK_FALSE(world.fleet.purge({PurgeRequest::Kind::Url, "not a url", false}));
  CHECK(world.fleet.last_purge() == 0);
}

TEST_CASE("fleet: rates are differences per second, and zero across a restart") {
  World world;
  const SessionId session = world.join(hello("fra", "0", "a"));
  NodeStatistics statistics;
  statistics.time_ms = 10'000;
  statistics.counts[0] = 100;
  world.fleet.on_statistics(session, statistics);
  const auto rate = [&] { return world.fleet.nodes_of("fra")[0]->rates[0]; };
  CHECK(rate() == 0);
  statistics.time_ms = 10'500;
  statistics.counts[0] = 150;
  world.fleet.on_statistics(session, statistics);
  CHECK(rate() == doctest::Approx(100));
  statistics.time_ms = 11'500;
  statistics.counts[0] = 3;
  world.fleet.on_statistics(session, statistics);
  CHECK(rate() == 0);
}

TEST_CASE("fleet: everything that is heard renews the lease") {
  World world;
  const SessionId session = world.join(hello("fra", "0", "a"));
  NodeHealth health;
  health.serving = true;
  world.fleet.on_health(session, health);
  CHECK(world.fleet.pop_state("fra") == PopState::Active);
  world.clock.advance(1500ms);
  world.fleet.on_statistics(session, {});
  world.clock.advance(1500ms);
  CHECK(world.fleet.pop_state("fra") == PopState::Active);
  world.clock.advance(500ms);
  CHECK(world.fleet.pop_state("fra") == PopState::Down);
}

TEST_CASE("statistics: quantiles of a histogram") {
  Latencies latencies;
  CHECK(quantile_us(latencies, 0.5) == 0);
  latencies.buckets.assign(60, 0);
  latencies.buckets[40] = 99;  // 1024 us
  latencies.buckets[59] = 1;   // 27554 us
  CHECK(quantile_us(latencies, 0.5) == 1218);
  CHECK(quantile_us(latencies, 0.99) == 1218);
  CHECK(quantile_us(latencies, 1.0) == 32768);
}

}  // namespace
}  // namespace atl::control
