// Every wait for a client has an end. Time is the test's.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

using namespace std::chrono_literals;

Limits quick() {
  Limits limits;
  limits.head_time = 1s;
  limits.body_idle = 2s;
  limits.keep_alive = 5s;
  limits.write_idle = 3s;
  return limits;
}

TEST_CASE("timeouts: an idle connection is closed without a word") {
  ServerHarness harness(quick());
  MemoryPeer& fresh = harness.connect();
  MemoryPeer& used = harness.connect();
  harness.advance(3s);
  harness.send(used, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const size_t answered = used.received().size();
  harness.advance(1900ms);
  CHECK_FALSE(fresh.saw_fin());
  harness.advance(300ms);
  CHECK(fresh.saw_fin());
  CHECK(fresh.received().empty());
  CHECK_FALSE(used.saw_fin());
  harness.advance(3s);
  CHECK(used.saw_fin());
  CHECK(used.received().size() == answered);
  CHECK(harness.set.statistics().timed_out == 0);
  harness.advance(3s);  // lingering
  CHECK(fresh.closed());
  CHECK(used.closed());
  CHECK(harness.set.statistics().connections == 0);
}

TEST_CASE("timeouts: a head is timed from its first byte, however it drips") {
  ServerHarness harness(quick());
  MemoryPeer& peer = harness.connect();
  harness.advance(4s);  // of the keep-alive time, which no longer counts
  const std::string head = "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x');
  size_t sent = 0;
  for (; !peer.saw_fin() && sent < head.size(); ++sent) {
    harness.send(peer, std::string_view(head).substr(sent, 1));
    harness.advance(10ms);
  }
  CHECK(sent >= 100);
  CHECK(sent <= 115);
  CHECK(statuses(peer.received()) == std::vector<int>{408});
  CHECK(harness.app.refused == std::vector<uint16_t>{408});
  CHECK(harness.app.requests.empty());
}

TEST_CASE("timeouts: empty lines do not begin a head and do not keep a connection") {
  ServerHarness harness(quick());
  MemoryPeer& peer = harness.connect();
  for (int i = 0; i < 3; ++i) {
    harness.send(peer, "\r\n");
    harness.advance(1500ms);
  }
  CHECK(peer.received().empty());
  harness.advance(6s);
  CHECK(peer.saw_fin());
  CHECK(peer.received().empty());
}

TEST_CASE("timeouts: a body may be slow but not silent") {
  ServerHarness harness(quick());
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    harness.advance(1800ms);
    harness.send(peer, "x");
  }
  CHECK(peer.received().empty());
  harness.advance(2300ms);
  CHECK(statuses(peer.received()) == std::vector<int>{408});
  CHECK(peer.saw_fin());
  CHECK(harness.app.aborted == std::vector<Abort>{Abort::ClientTimeout});
  CHECK(harness.app.body == "xxxxx");
  CHECK(harness.set.statistics().timed_out == 1);
}

TEST_CASE("timeouts: a body that the application does not read is not timed") {
  ServerHarness harness(quick());
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  harness.advance(60s);
  CHECK_FALSE(peer.saw_fin());
  harness.app.answer_later();
  harness.settle();
  CHECK(statuses(peer.received()) == std::vector<int>{200});
  // The rest of the body is awaited, for a while.
  CHECK_FALSE(peer.saw_fin());
  harness.advance(2300ms);
  CHECK(peer.saw_fin());
}

TEST_CASE("timeouts: an application may take its time") {
  ServerHarness harness(quick());
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.advance(60s);
  CHECK(peer.received().empty());
  CHECK_FALSE(peer.saw_fin());
  harness.app.answer_later();
  harness.settle();
  CHECK(statuses(peer.received()) == std::vector<int>{200});
}

TEST_CASE("timeouts: a client that takes nothing is reset, one that takes little is not") {
  ServerHarness harness(quick());
  MemoryPeer& stuck = harness.connect();
  MemoryPeer& slow = harness.connect();
  for (MemoryPeer* peer : {&stuck, &slow}) {
    peer->set_window(0);
    harness.send(*peer, "GET /large?1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (int i = 0; i < 10; ++i) {
    slow.take(1);
    harness.settle();
    harness.advance(1s);
  }
  CHECK(stuck.saw_reset());
  CHECK(stuck.closed());
  CHECK(harness.app.aborted == std::vector<Abort>{Abort::ClientTimeout});
  CHECK(harness.set.statistics().timed_out == 1);
  CHECK_FALSE(slow.closed());
  slow.take(std::string::npos);
  harness.settle();
  CHECK(slow.received().ends_with("\r\n0\r\n\r\n"));
}

TEST_CASE("timeouts: lingering ends when the client closes, or after a while") {
  ServerHarness harness;
  MemoryPeer& polite = harness.connect();
  MemoryPeer& silent = harness.connect();
  for (MemoryPeer* peer : {&polite, &silent}) harness.send(*peer, "GET / HTTP/9.9\r\n");
  CHECK(polite.saw_fin());
  CHECK_FALSE(polite.closed());
  polite.finish();
  harness.settle();
  CHECK(polite.closed());
  harness.advance(1500ms);
  CHECK_FALSE(silent.closed());
  harness.advance(1s);
  CHECK(silent.closed());
}

TEST_CASE("timeouts: a client that has said its last word is not waited for") {
  struct Row {
    const char* request;
    bool left_at_once;
  };
  for (const Row& row :
       {Row{"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true},
        Row{"GET /hello HTTP/1.0\r\n\r\n", true},
        // More came all the same: it must not meet a closed socket, whose reset would destroy the
        // answer.
        Row{"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nmore", false},
        Row{"POST /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            false}}) {
    CAPTURE(row.request);
    ServerHarness harness;
    MemoryPeer& peer = harness.connect();
    harness.send(peer, row.request);
    CHECK(statuses(peer.received()).size() == 1);
    CHECK(peer.saw_fin());
    CHECK_FALSE(peer.saw_reset());
    CHECK(peer.closed() == row.left_at_once);
  }
}

TEST_CASE("timeouts: what a client that has said its last word does not take yet is not cut off") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  peer.set_window(10);
  harness.send(peer, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK_FALSE(peer.closed());
  peer.take(std::string::npos);
  harness.settle();
  CHECK(peer.received().ends_with("hello"));
  CHECK(peer.closed());
}

}  // namespace
}  // namespace atl::server::testing
