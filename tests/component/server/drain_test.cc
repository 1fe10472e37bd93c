// Stopping: what is idle goes at once, what is in progress is finished or cut off.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("drain: idle connections close, an exchange in progress is answered with close") {
  ServerHarness harness;
  MemoryPeer& idle = harness.connect();
  MemoryPeer& waiting = harness.connect();
  MemoryPeer& partial = harness.connect();
  harness.send(waiting, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.send(partial, "GET /hello HTTP/1.1\r\n");
  harness.set.set_draining(Draining::Now);
  harness.settle();
  CHECK(idle.saw_fin());
  CHECK_FALSE(waiting.saw_fin());
  CHECK_FALSE(partial.saw_fin());

  harness.app.answer_later();
  harness.send(partial, "Host: a\r\n\r\n");
  CHECK(waiting.received() ==
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater");
  CHECK(waiting.saw_fin());
  CHECK(partial.received().find("Connection: close") != std::string::npos);
  for (MemoryPeer* peer : {&idle, &waiting, &partial}) peer->finish();
  harness.settle();
  CHECK(harness.set.statistics().connections == 0);
}

TEST_CASE("drain: a connection that was promised to be kept is closed once it is idle") {
  ServerHarness harness;
  MemoryPeer& streaming = harness.connect();
  MemoryPeer& discarding = harness.connect();
  streaming.set_window(1000);
  harness.send(streaming, "GET /large?1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.send(discarding, "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  harness.set.set_draining(Draining::Now);
  harness.settle();
  CHECK_FALSE(streaming.saw_fin());
  CHECK_FALSE(discarding.saw_fin());
  streaming.take(std::string::npos);
  harness.settle();
  harness.send(discarding, "llo");
  CHECK(streaming.received().ends_with("\r\n0\r\n\r\n"));
  CHECK(streaming.saw_fin());
  CHECK(discarding.saw_fin());
}

TEST_CASE("drain: a patient one gives each connection its next answer, until it has to be now") {
  ServerHarness harness;
  MemoryPeer& asks = harness.connect();
  MemoryPeer& waits = harness.connect();
  harness.send(asks, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.set.set_draining(Draining::Patient);
  harness.settle();
  CHECK_FALSE(asks.saw_fin());
  CHECK_FALSE(waits.saw_fin());
  harness.send(asks, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(asks.received().find("Connection: close") != std::string::npos);
  CHECK(asks.saw_fin());
  CHECK_FALSE(waits.saw_fin());
  harness.set.set_draining(Draining::Now);
  harness.settle();
  CHECK(waits.saw_fin());
}

TEST_CASE("drain: when it is called off, connections are kept again") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.set.set_draining(Draining::Now);
  harness.set.set_draining(Draining::No);
  harness.app.answer_later();
  harness.settle();
  CHECK(peer.received() == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlater");
  CHECK_FALSE(peer.saw_fin());
}

TEST_CASE("drain: abort_all() cuts off everything and tells handlers") {
  ServerHarness harness;
  std::vector<MemoryPeer*> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(&harness.connect());
    if (i % 2 == 0) harness.send(*peers.back(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  harness.set.abort_all();
  harness.settle();
  CHECK(harness.app.aborted == std::vector<Abort>(3, Abort::Shutdown));
  CHECK(harness.app.handlers == 0);
  CHECK(harness.set.statistics().connections == 0);
  CHECK(harness.set.statistics().in_flight == 0);
  for (MemoryPeer* peer : peers) CHECK(peer->closed());
}

TEST_CASE("drain: a set that dies tells handlers too") {
  FakeApplication app;
  const ManualClock clock;
  MemoryPeer peer;
  {
    ConnectionSet set(app, {}, clock, {});
    set.adopt(peer.stream());
    peer.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(app.handlers == 1);
  }
  CHECK(app.aborted == std::vector<Abort>{Abort::Shutdown});
  CHECK(app.handlers == 0);
  CHECK(peer.saw_reset());
}

TEST_CASE("drain: statistics count what happened") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer,
               "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.send(harness.connect(), "BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Statistics& counts = harness.set.statistics();
  CHECK(counts.accepted == 2);
  CHECK(counts.connections == 2);
  CHECK(counts.requests == 2);
  CHECK(counts.in_flight == 1);
  CHECK(counts.refused_with(501) == 1);
  CHECK(counts.refused_total() == 1);
}

}  // namespace
}  // namespace atl::server::testing
