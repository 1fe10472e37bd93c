// Bodies in both directions: 100-continue, pausing, back-pressure, clients that leave.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

using namespace std::string_literals;

const std::string kExpect =
    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";

TEST_CASE("body: 100 is sent when the application reads the body") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer, kExpect);
  CHECK(peer.received() == "HTTP/1.1 100 Continue\r\n\r\n");
  harness.send(peer, "abc");
  CHECK(peer.received() ==
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc|");
  CHECK_FALSE(peer.saw_fin());
}

TEST_CASE("body: no 100 for a client that sends already, and none to HTTP/1.0") {
  CHECK(converse({kExpect + "abc"}).received == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc|");
  const Outcome old =
      converse({"POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "abc"});
  CHECK(statuses(old.received) == std::vector<int>{200});
}

TEST_CASE("body: an answer without a 100 ends the connection") {
  // RFC 9110 section 10.1.1: whether the body follows is not known.
  const Outcome got = converse(
      {"POST /ignore HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
       "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"});
  CHECK(got.received == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  CHECK(got.fin);
  CHECK(got.requests.size() == 1);
}

TEST_CASE("body: nothing is read before the application wants it") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  CHECK_FALSE(peer.reading());
}

TEST_CASE("body: a paused one stops between two pieces and goes on") {
  ServerHarness harness;
  harness.app.held_body = 6;
  MemoryPeer& peer = harness.connect();
  harness.send(
      peer,
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(harness.app.body == "abcdef");
  CHECK_FALSE(peer.reading());
  CHECK(peer.received().empty());
  harness.app.resume_body();
  CHECK(harness.app.body == "abcdef");  // never from inside the call
  harness.settle();
  CHECK(harness.app.body == "abcdefghi");
  CHECK(statuses(peer.received()) == std::vector<int>{200, 200});
  CHECK(peer.reading());
}

TEST_CASE("body: a large answer is held back by the client that takes it") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  peer.set_window(0);
  harness.send(peer, "GET /large?10000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(harness.app.largest_burst <= 300'000);
  size_t rounds = 0;
  while (harness.app.handlers > 0 && rounds < 1000) {
    peer.take(100'000);
    harness.settle();
    ++rounds;
  }
  peer.take(std::string::npos);
  harness.settle();
  CHECK(rounds >= 90);
  CHECK(harness.app.largest_burst <= 300'000);
  CHECK(peer.received().ends_with("\r\n0\r\n\r\n"));
  CHECK(peer.received_bytes() > 10'000'000);
  CHECK_FALSE(peer.saw_fin());
}

TEST_CASE("body: a client that takes everything at once does not hold up the turn") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  peer.discard_output();
  harness.send(peer, "GET /large?50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(peer.received_bytes() > 50'000'000);
  CHECK(harness.app.handlers == 0);
  CHECK(harness.app.largest_burst <= 300'000);
}

TEST_CASE("body: a client that leaves ends its exchange") {
  for (const bool orderly : {true, false}) {
    for (const std::string& request :
         {"GET /later HTTP/1.1\r\nHost: a\r\n\r\n"s,
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"s,
          "GET /large?1000000 HTTP/1.1\r\nHost: a\r\n\r\n"s}) {
      CAPTURE(request);
      CAPTURE(orderly);
      ServerHarness harness;
      MemoryPeer& peer = harness.connect();
      peer.set_window(0);
      harness.send(peer, request);
      CHECK(harness.set.statistics().in_flight == 1);
      if (orderly) {
        peer.finish();
      } else {
        peer.break_off();
      }
      harness.settle();
      CHECK(harness.app.aborted == std::vector<Abort>{Abort::ClientGone});
      CHECK(harness.app.handlers == 0);
      CHECK(harness.set.statistics().in_flight == 0);
      CHECK_FALSE(peer.received().ends_with("0\r\n\r\n"));
      if (!orderly) CHECK(peer.closed());
    }
  }
}

TEST_CASE("body: an answer that ends early, by whatever hand, leaves no connection behind") {
  // Announced length, unknown length, until close; before its end was said, all bytes have left.
  for (const std::string& request :
       {"GET /held?5 HTTP/1.1\r\nHost: a\r\n\r\n"s, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"s,
        "GET /held HTTP/1.0\r\n\r\n"s}) {
    for (const char* hand : {"FIN", "break", "fail", "fail, then FIN", "stop"}) {
      CAPTURE(request);
      CAPTURE(std::string(hand));
      ServerHarness harness;
      MemoryPeer& peer = harness.connect();
      harness.send(peer, request);
      CHECK(peer.received().find("hello") != std::string::npos);
      const std::string_view by = hand;
      if (by.starts_with("fail")) harness.app.fail_held();
      if (by == "break") peer.break_off();
      if (by == "stop") harness.set.abort_all();
      if (by.ends_with("FIN")) peer.finish();
      harness.settle();
      const bool is_chunked =
          request.find("?5") == std::string::npos && request.find("1.1") != std::string::npos;
      if (by.starts_with("fail") || by == "FIN") CHECK(peer.saw_reset() == !is_chunked);
      CHECK_FALSE(peer.received().ends_with("0\r\n\r\n"));
      CHECK(harness.app.handlers == 0);
      CHECK(harness.set.statistics().in_flight == 0);
      harness.advance(std::chrono::seconds{3});  // lingering
      CHECK(peer.closed());
      CHECK(harness.set.statistics().connections == 0);
    }
  }
}

TEST_CASE("body: a client that sends FIN gets what was answered already") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  peer.set_window(0);
  harness.send(peer, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  peer.finish();
  harness.settle();
  CHECK_FALSE(peer.closed());
  peer.take(std::string::npos);
  harness.settle();
  CHECK(statuses(peer.received()) == std::vector<int>{200});
  CHECK(peer.saw_fin());
  CHECK(peer.closed());
}

TEST_CASE("body: a head that is cut off is told so") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "GET /hello HTTP/1.1\r\nHos");
  peer.finish();
  harness.settle();
  CHECK(statuses(peer.received()) == std::vector<int>{400});
  CHECK(peer.closed());
}

TEST_CASE("body: an answer that fails when only the end of the connection ends it is reset") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  peer.set_window(0);
  harness.send(peer, "GET /large?1000000 HTTP/1.0\r\n\r\n");
  peer.finish();
  harness.settle();
  CHECK(peer.saw_reset());
}

}  // namespace
}  // namespace atl::server::testing
