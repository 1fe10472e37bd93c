// What passes once hands are shaken.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/component/lib/net/tls_lab.h"

namespace atl::net::testing {
namespace {

using namespace std::chrono_literals;

std::string request(std::string_view path, std::string_view rest = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(rest) +
         "\r\n";
}

struct Talk {
  explicit Talk(int version = 3) : client({.version = version, .protocols = {}}) {
    lab.talk(client, wire);
    REQUIRE(client.connected());
  }
  void say(std::string_view plain, size_t split = 0) {
    client.say(plain);
    lab.talk(client, wire, split);
  }
  TlsLab lab;
  MemoryPeer& wire = lab.connect();
  TlsPeer client;
};

TEST_CASE("stream: a conversation is the same over TLS, split at every byte") {
  const std::string input =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde" +
      request("/chunks") + request("/empty") + request("/hints") + request("/nowhere");
  const std::string plain = server::testing::converse({input}).received;
  for (const int version : {2, 3}) {
    for (const size_t split : {1, 3, 17, 0}) {
      CAPTURE(version);
      CAPTURE(split);
      Talk talk(version);
      talk.say(input, split);
      CHECK(talk.client.received() == plain);
    }
  }
}

TEST_CASE("stream: a large answer arrives whole, in full records and few writes") {
  for (const int version : {2, 3}) {
    Talk talk(version);
    talk.say(request("/large?1000000"));
    const std::string& got = talk.client.received();
    CHECK(std::ranges::count(got, 'x') == 1'000'000);
    CHECK(got.ends_with("0\r\nX-Sum: 8\r\n\r\n") == false);
    CHECK(got.ends_with("0\r\n\r\n"));
    CHECK(talk.client.records() <= 80);
    CHECK(talk.wire.writes() <= 30);
  }
}

TEST_CASE("stream: a client that takes little holds the writer back") {
  Talk talk;
  talk.wire.set_window(10'000);
  talk.client.say(request("/large?3000000"));
  talk.wire.send(talk.client.take_output());
  talk.lab.settle();
  CHECK(talk.lab.server.app.largest_burst <= 300'000);
  for (int i = 0; i < 2000 && std::ranges::count(talk.client.received(), 'x') < 3'000'000; ++i) {
    talk.wire.take(7'001);
    talk.lab.settle();
    talk.lab.talk(talk.client, talk.wire);
  }
  CHECK(std::ranges::count(talk.client.received(), 'x') == 3'000'000);
  CHECK_FALSE(talk.client.failed());
}

TEST_CASE("stream: a request body waits until somebody wants it") {
  Talk talk;
  talk.lab.server.app.held_body = 20'000;
  const std::string body(200'000, 'b');
  talk.client.say("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" +
                  body);
  talk.lab.talk(talk.client, talk.wire);
  REQUIRE(talk.lab.server.app.paused != nullptr);
  CHECK_FALSE(talk.wire.reading());
  CHECK(talk.lab.server.app.body.size() < 120'000);
  talk.lab.server.app.resume_body();
  talk.lab.talk(talk.client, talk.wire);
  CHECK(talk.client.received().find(body + "|") != std::string::npos);
}

TEST_CASE("stream: goodbyes go both ways") {
  for (const int version : {2, 3}) {
    Talk talk(version);
    talk.say(request("/hello", "Connection: close\r\n"));
    CHECK(talk.client.received().ends_with("hello"));
    CHECK(talk.client.heard_goodbye());
    CHECK(talk.wire.saw_fin());
    talk.client.say_goodbye();
    talk.lab.talk(talk.client, talk.wire);
    CHECK(talk.wire.closed());
  }
  Talk talk;
  talk.client.say_goodbye();  // between requests
  talk.lab.talk(talk.client, talk.wire);
  CHECK(talk.client.heard_goodbye());
  CHECK(talk.wire.closed());
}

TEST_CASE("stream: a request and a goodbye in one read") {
  Talk talk;
  talk.client.say(request("/hello"));
  talk.client.say_goodbye();
  talk.lab.talk(talk.client, talk.wire);
  CHECK(talk.client.received().ends_with("hello"));
  CHECK(talk.wire.closed());
}

TEST_CASE("stream: an answer that breaks off shows, by no goodbye and a reset") {
  Talk talk;
  talk.say(request("/fail"));
  CHECK(talk.client.received().ends_with("part"));
  talk.say(request("/held?5"));
  CHECK_FALSE(talk.client.failed());
}

TEST_CASE("stream: a byte changed on the way ends it") {
  for (const int version : {2, 3}) {
    Talk talk(version);
    talk.client.say(request("/hello"));
    std::string record = talk.client.take_output();
    record.back() = static_cast<char>(record.back() ^ 1);
    talk.wire.send(record);
    talk.lab.settle();
    talk.lab.talk(talk.client, talk.wire);
    CHECK(talk.lab.server.app.requests.empty());
    CHECK(talk.client.failed());  // it heard the alert
    CHECK(talk.wire.closed());
  }
}

TEST_CASE("stream: no renegotiation") {
  Talk talk(2);
  const size_t before = talk.lab.acceptor.statistics().handshakes;
  CHECK(talk.client.try_renegotiation());
  talk.lab.talk(talk.client, talk.wire);
  CHECK(talk.lab.acceptor.statistics().handshakes == before);
  CHECK_FALSE(talk.client.connected());
}

TEST_CASE("stream: keys may be changed, and a client that never reads gets no more answers") {
  Talk talk;
  talk.client.update_key();
  talk.say(request("/hello"));
  CHECK(talk.client.received().ends_with("hello"));

  talk.wire.set_window(0);
  for (int i = 0; i < 20'000 && talk.wire.reading(); ++i) {
    talk.client.update_key();
    talk.wire.send(talk.client.take_output());
    talk.lab.settle();
  }
  CHECK_FALSE(talk.wire.reading());
}

TEST_CASE("stream: the scheme is https, and a target that says otherwise was misdirected") {
  Talk talk;
  talk.say("GET https://localhost/hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(talk.client.received().ends_with("hello"));
  talk.say("GET http://localhost/hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(talk.client.received().find("HTTP/1.1 421 ") != std::string::npos);
}

TEST_CASE("stream: the end of TCP without a goodbye is an end") {
  Talk talk;
  talk.wire.finish();
  talk.lab.settle();
  CHECK(talk.wire.closed());
}

}  // namespace
}  // namespace atl::net::testing
