#include "control-plane/fleet/order.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "control-plane/fleet/fleet.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/control-plane/fleet/fake_link.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;
using Said = std::vector<std::string>;

Order drain(std::chrono::milliseconds grace, std::chrono::milliseconds deadline = 0ms) {
  Order order;
  order.wish = Wish::Drain;
  order.grace = grace;
  order.deadline = deadline;
  return order;
}

TEST_CASE("order: what a PoP is, by the operator's wish and its nodes") {
  struct Row {
    Wish wish;
    NodeState best;
    size_t living;
    size_t drained;
    int after_ms;  // of the order, whose grace is a second
    PopState want;
    bool close;
  };
  for (const Row& row : {
           Row{Wish::Serve, NodeState::Active, 1, 0, 0, PopState::Active, false},
           Row{Wish::Serve, NodeState::NotServing, 1, 0, 0, PopState::NotServing, false},
           Row{Wish::Serve, NodeState::Down, 0, 0, 0, PopState::Down, false},
           Row{Wish::Drain, NodeState::Active, 2, 0, 0, PopState::Draining, false},
           Row{Wish::Drain, NodeState::Active, 2, 0, 999, PopState::Draining, false},
           Row{Wish::Drain, NodeState::Active, 2, 0, 1000, PopState::Draining, true},
           Row{Wish::Drain, NodeState::Active, 2, 0, -1, PopState::Draining, true},
           Row{Wish::Drain, NodeState::NotServing, 2, 1, 1000, PopState::Draining, true},
           Row{Wish::Drain, NodeState::NotServing, 2, 2, 1000, PopState::AdminDown, true},
           Row{Wish::Drain, NodeState::Down, 0, 0, 1000, PopState::AdminDown, true},
           Row{Wish::Disable, NodeState::Active, 1, 0, 0, PopState::AdminDown, false},
           Row{Wish::Disable, NodeState::Down, 0, 0, 0, PopState::AdminDown, false},
       }) {
    CAPTURE(to_string(row.wish));
    CAPTURE(row.living);
    CAPTURE(row.drained);
    CAPTURE(row.after_ms);
    Order order = drain(1s);
    order.wish = row.wish;
    order.time_ms = 1'700'000'000'000;
    const WallTime now{std::chrono::milliseconds(1'700'000'000'000 + row.after_ms)};
    const Standing standing = stand(order, {row.best, row.living, row.drained}, now);
    CHECK(standing.state == row.want);
    CHECK(standing.close == row.close);
    CHECK(standing.reason.empty() == (row.wish == Wish::Serve));
  }
}

struct World {
  ScratchDirectory scratch;
  ManualClock clock;
  std::string warning;
  std::unique_ptr<Fleet> fleet;
  std::shared_ptr<FakeLink> link;

  World() { start(); }
  void start() {
    fleet = std::make_unique<Fleet>(clock, Fleet::Options{2s, 500ms, "test"},
                                    *PurgeLog::open(scratch.file("purges"), warning),
                                    *OrderBook::open(scratch.file("orders")));
    fleet->set_pops({"fra", "syd"});
  }
  SessionId join(NodeHello made) {
    link = std::make_shared<FakeLink>();
    const auto session = fleet->join(std::move(made), link);
    REQUIRE(session);
    fleet->welcome(*session);
    say_serving(*session, true);
    return *session;
  }
  void say_serving(SessionId session, bool serving) {
    NodeHealth health;
    health.serving = serving;
    fleet->on_health(session, health);
  }
  PopState state() const { return fleet->pop_state("fra"); }
};

TEST_CASE(
    "orders: a PoP that is drained is left, then closed, and says when nothing is in flight") {
  World world;
  const SessionId session = world.join(hello("fra", "0", "a"));
  REQUIRE(world.fleet->order("fra", drain(1s, 30s)));
  CHECK(world.state() == PopState::Draining);
  CHECK(world.link->said == Said{});
  world.fleet->on_drain_ack(session, true);  // nobody asked
  world.clock.advance(1s);
  world.fleet->on_health(session, {});
  world.fleet->tick();
  world.fleet->tick();
  CHECK(world.link->said == Said{"drain 2000 30000"});
  CHECK(world.state() == PopState::Draining);
  world.fleet->on_drain_ack(session, false);
  CHECK(world.state() == PopState::Draining);
  world.fleet->on_drain_ack(session, true);
  CHECK(world.state() == PopState::AdminDown);
  CHECK(world.fleet->standing("fra").reason == "drained: nothing is in flight");
  REQUIRE(world.fleet->order("fra", {}));
  CHECK(world.link->said == Said{"drain 2000 30000", "serve"});
  CHECK(world.state() == PopState::NotServing);  // until it says so
  world.say_serving(session, true);
  CHECK(world.state() == PopState::Active);
  CHECK(world.fleet->pop_state("syd") == PopState::Down);
}

TEST_CASE("orders: a PoP that is disabled is out at once, and its nodes are not told") {
  World world;
  world.join(hello("fra", "0", "a"));
  Order disable;
  disable.wish = Wish::Disable;
  REQUIRE(world.fleet->order("fra", disable));
  CHECK(world.state() == PopState::AdminDown);
  world.fleet->tick();
  CHECK(world.link->said == Said{});
  REQUIRE(world.fleet->order("fra", {}));
  CHECK(world.state() == PopState::Active);
}

TEST_CASE("orders: they hold over restarts, and nodes are told what they ought to know") {
  World world;
  world.join(hello("fra", "0", "a"));
  Order order = drain(1s);
  order.author = "ci";
  REQUIRE(world.fleet->order("fra", order));
  const Order given = world.fleet->order_of("fra");
  world.clock.advance(5s);
  world.start();
  CHECK(world.fleet->order_of("fra") == given);
  CHECK(world.state() == PopState::AdminDown);  // none of its nodes lives
  NodeHello back = hello("fra", "0", "a");
  back.draining = true;  // it was told by the process before
  const SessionId session = world.join(back);
  CHECK(world.link->said == Said{"drain 2000 0"});  // so that it says again when it is done
  CHECK(world.state() == PopState::Draining);
  world.fleet->on_drain_ack(session, true);
  CHECK(world.state() == PopState::AdminDown);
  // Without its orders the control plane wants every PoP to serve.
  world.scratch.write("orders", "atoll pop orders 1\n");
  world.start();
  world.join(back);
  CHECK(world.link->said == Said{"serve"});
}

TEST_CASE("orders: another node of a PoP that is drained has to drain too") {
  World world;
  const SessionId first = world.join(hello("fra", "0", "a"));
  REQUIRE(world.fleet->order("fra", drain(0s)));
  world.fleet->on_drain_ack(first, true);
  CHECK(world.state() == PopState::AdminDown);
  const SessionId second = world.join(hello("fra", "1", "b"));
  CHECK(world.link->said == Said{"drain 2000 0"});
  CHECK(world.state() == PopState::Draining);
  CHECK(world.fleet->standing("fra").reason == "1 of 2 nodes finish what is in flight");
  world.fleet->on_closed(second);
  CHECK(world.state() == PopState::AdminDown);
}

TEST_CASE(
    "order book: what cannot be read is an error that names the line, and nothing serves by "
    "itself") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("orders");
  {
    auto book = OrderBook::open(path);
    REQUIRE(book);
    REQUIRE(book->set("fra", drain(1s)));
    REQUIRE(book->set("syd", drain(2s, 3s)));
    REQUIRE(book->set("fra", {}));
  }
  CHECK(scratch.read("orders") == "atoll pop orders 1\nsyd drain 0 2000 3000 -\n");
  CHECK(OrderBook::open(path)->of("syd").deadline == 3s);
  CHECK(OrderBook::open(path)->of("fra") == Order{});
  for (const char* bad :
       {"x\n", "atoll pop orders 1\nsyd drain 0 2000 3000\n",
        "atoll pop orders 1\nsyd rest 0 0 0 -\n", "atoll pop orders 1\nsyd drain 0 -1 0 -\n",
        "atoll pop orders 1\nsyd drain x 0 0 -\n"}) {
    CAPTURE(bad);
    scratch.write("orders", bad);
    const auto book = OrderBook::open(path);
    REQUIRE_FALSE(book);
    CHECK(book.error().find("damaged") != std::string::npos);
  }
  auto nowhere = OrderBook::open(scratch.file("no/such/folder"));
  REQUIRE(nowhere);
  CHECK_FALSE(nowhere->set("fra", drain(1s)));
  CHECK(nowhere->of("fra").wish == Wish::Serve);
}

}  // namespace
}  // namespace atl::control
