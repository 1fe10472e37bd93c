#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "tests/unit/lib/rpc/exchange_world.h"

namespace atl::rpc::test {
namespace {

TEST_CASE("outage: nobody listens") {
  World world;
  world.stop_server();
  Recorder first(world);
  const auto call = world.open(world.get(), first);
  CHECK(!first.over());  // never inside open()
  REQUIRE(world.run_until([&] { return first.over(); }));
  REQUIRE(first.failure);
  CHECK(first.failure->reason == FailureReason::OriginUnreachable);
  CHECK(!first.failure->request_seen);
  CHECK(world.client->reachable(world.endpoint()) == false);

  Recorder second(world);  // fails at once: the endpoint is known to be down
  const auto again = world.open(world.get(), second);
  CHECK(!second.over());
  REQUIRE(world.run_until([&] { return second.over(); }));
  CHECK(second.failure->reason == FailureReason::OriginUnreachable);
}

TEST_CASE("outage: an origin that dies fails what was on the wire, and is found when it is back") {
  World world;
  Recorder waiting(world), streaming(world);
  world.script = [](Scripted& s) {
    if (s.request->target != "/stream") return;
    s.responder->head({});
    s.responder->write("begin");
  };
  const auto one = world.open(world.get("/wait"), waiting);
  const auto two = world.open(world.get("/stream"), streaming);
  REQUIRE(
      world.run_until([&] { return streaming.body == "begin" && world.handlers().size() == 2; }));
  world.stop_server();
  REQUIRE(world.run_until([&] { return waiting.over() && streaming.over(); }));
  CHECK(waiting.failure->reason == FailureReason::OriginUnreachable);
  CHECK(waiting.failure->request_seen);
  REQUIRE(streaming.failure);  // cut off, not complete
  CHECK(streaming.failure->reason == FailureReason::OriginUnreachable);
  REQUIRE(world.run_until([&] { return world.client->reachable(world.endpoint()) == false; }));

  world.script = [](Scripted& s) { answer(*s.responder, 200, "back"); };
  world.start_server();
  // The background attempts find it without anybody asking.
  net::Timer look(world.loop, [&] { world.poke(); });
  look.start_periodic(std::chrono::milliseconds(5));
  const auto before = world.loop.now();
  REQUIRE(world.run_until([&] { return world.client->reachable(world.endpoint()) == true; }));
  CHECK(world.loop.now() - before < std::chrono::seconds(5));
  Recorder after(world);
  const auto three = world.open(world.get(), after);
  REQUIRE(world.run_until([&] { return after.over(); }));
  CHECK(after.body == "back");
}

TEST_CASE("outage: a stop with grace lets what is in progress end") {
  World world;
  Recorder got(world);
  const auto call = world.open(world.get(), got);
  REQUIRE(world.run_until([&] { return world.handlers().size() == 1; }));
  std::thread stopping([&] { world.server->stop(std::chrono::seconds(10)); });
  answer(*world.handlers()[0]->responder, 200, "finished");
  REQUIRE(world.run_until([&] { return got.over(); }));
  stopping.join();
  CHECK(got.body == "finished");
}

TEST_CASE("outage: the client may die with calls of every kind in progress") {
  World world;
  world.script = [](Scripted& s) {
    if (s.request->target != "/stream") return;
    s.responder->head({});
    s.responder->write("begin");
  };
  Recorder a(world), b(world), c(world);
  auto one = world.open(world.get("/wait"), a);
  auto two = world.open(world.get("/stream"), b);
  ExchangeHead head = world.get("/put");
  head.body_length = std::nullopt;
  auto three = world.open(head, c);
  REQUIRE(world.run_until([&] { return b.body == "begin" && world.handlers().size() == 3; }));
  one.reset();
  two.reset();
  three.reset();
  world.client.reset();
  CHECK(a.last_calls + b.last_calls + c.last_calls == 0);
  // The origin hears of it, too.
  CHECK(world.run_until([&] {
    const auto handlers = world.handlers();
    return world.locked(
        [&] { return handlers[0]->cancelled && handlers[1]->cancelled && handlers[2]->cancelled; });
  }));
}

}  // namespace
}  // namespace atl::rpc::test
