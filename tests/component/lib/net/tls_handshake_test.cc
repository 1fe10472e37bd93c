// Handshakes, friendly and hostile.

#include <doctest/doctest.h>

#include "tests/component/lib/net/tls_lab.h"

namespace atl::net::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

uint64_t failures(const TlsLab& lab, HandshakeFailure failure) {
  return lab.acceptor.statistics().failures[static_cast<size_t>(failure)];
}

TEST_CASE("handshake: both versions, split at every size, then an answer") {
  for (const int version : {2, 3}) {
    for (const size_t split : {1, 2, 3, 5, 7, 64, 0}) {
      CAPTURE(version);
      CAPTURE(split);
      TlsLab lab;
      MemoryPeer& wire = lab.connect();
      TlsPeer client({.version = version, .protocols = {"h2", "http/1.1"}});
      lab.talk(client, wire, split);
      REQUIRE(client.connected());
      CHECK(client.version() == version);
      CHECK(client.protocol() == "http/1.1");
      CHECK(client.cipher() ==
            (version == 3 ? "TLS_AES_128_GCM_SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256"));
      client.say(kGet);
      lab.talk(client, wire, split);
      CHECK(client.received().ends_with("\r\n\r\nhello"));
      CHECK(client.records() == 1);  // head and body
      CHECK(lab.acceptor.statistics().handshakes == 1);
      CHECK(lab.acceptor.statistics().under_way == 0);
    }
  }
}

TEST_CASE("handshake: a request that comes with its end is heard at once") {
  TlsLab lab;
  MemoryPeer& wire = lab.connect();
  TlsPeer client({.version = 3, .protocols = {}});
  client.hear({});
  wire.send(client.take_output());
  lab.settle();
  client.hear(wire.received());
  REQUIRE(client.connected());
  client.say(kGet);
  const size_t before = wire.received().size();
  const size_t writes = wire.writes();
  wire.send(client.take_output());  // Finished and the request in one read
  lab.settle();
  CHECK(wire.writes() - writes == 1);  // tickets and the answer in one write
  client.hear(std::string_view(wire.received()).substr(before));
  CHECK(client.received().ends_with("hello"));
}

TEST_CASE("handshake: a client comes back with its ticket, to a changed certificate too") {
  for (const int version : {2, 3}) {
    CAPTURE(version);
    TlsLab lab;
    TlsPeer first({.version = version, .protocols = {}});
    MemoryPeer& first_wire = lab.connect();
    lab.talk(first, first_wire);
    REQUIRE(first.connected());
    CHECK_FALSE(first.resumed());

    lab.tickets->rotate();
    lab.acceptor.set_context(context_of({lab.folder.add("new")}, lab.tickets));
    TlsPeer second({.version = version, .protocols = {}});
    second.resume(first);
    lab.talk(second, lab.connect());
    CHECK(second.connected());
    CHECK(second.resumed());
    CHECK(lab.acceptor.statistics().resumed == 1);

    // Whoever was there before the change stays.
    first.say(kGet);
    lab.talk(first, first_wire);
    CHECK(first.received().ends_with("hello"));

    for (int i = 0; i < 3; ++i) lab.tickets->rotate();
    TlsPeer late({.version = version, .protocols = {}});
    late.resume(first);
    lab.talk(late, lab.connect());
    CHECK(late.connected());
    CHECK_FALSE(late.resumed());  // the key is gone
  }
}

TEST_CASE("handshake: what is refused, and as what it counts") {
  struct Row {
    const char* what;
    TlsPeer::Options options;
    HandshakeFailure wanted;
  };
  for (const Row& row : {
           Row{"no common protocol", {.protocols = {"h2"}}, HandshakeFailure::NothingShared},
           Row{"no forward secrecy",
               {.version = 2, .protocols = {}, .ciphers = "AES128-GCM-SHA256"},
               HandshakeFailure::NothingShared},
           Row{"no AEAD",
               {.version = 2, .protocols = {}, .ciphers = "ECDHE-ECDSA-AES128-SHA256"},
               HandshakeFailure::NothingShared},
       }) {
    CAPTURE(row.what);
    TlsLab lab;
    MemoryPeer& wire = lab.connect();
    TlsPeer client(row.options);
    lab.talk(client, wire);
    CHECK(client.failed());
    CHECK(failures(lab, row.wanted) == 1);
    CHECK(wire.received().front() == 21);  // an alert
    CHECK(wire.closed());
    CHECK(lab.server.set.statistics().accepted == 0);
  }
}

TEST_CASE("handshake: bytes that are none") {
  struct Row {
    const char* what;
    std::string bytes;
    HandshakeFailure wanted;
  };
  // A handshake record whose hello announces far more than it has.
  std::string endless(5 + 4, '\0');
  endless = std::string("\x16\x03\x01\x40\x00\x01\x01\xff\xff", 9) + std::string(0x4000 - 4, 'x');
  std::string flood = endless;
  for (int i = 0; i < 3; ++i) {
    flood += std::string("\x16\x03\x01\x40\x00", 5) + std::string(0x4000, 'x');
  }
  for (const Row& row : {
           Row{"plain HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", HandshakeFailure::NotTls},
           Row{"a proxy's CONNECT", "CONNECT a:443 HTTP/1.1\r\n\r\n", HandshakeFailure::NotTls},
           Row{"no record", std::string(64, '\xff'), HandshakeFailure::NotTls},
           Row{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", HandshakeFailure::NotTls},
           Row{"application data first",
               std::string("\x17\x03\x03\x00\x04"
                           "abcd",
                           9),
               HandshakeFailure::Invalid},
           Row{"a hello too long", flood, HandshakeFailure::Invalid},
       }) {
    CAPTURE(row.what);
    TlsLab lab;
    MemoryPeer& wire = lab.connect();
    for (size_t at = 0; at < row.bytes.size(); at += 1000) {
      wire.send(std::string_view(row.bytes).substr(at, 1000));
      lab.settle();
    }
    const auto& counts = lab.acceptor.statistics();
    CHECK(failures(lab, row.wanted) +
              (row.bytes.size() > 60'000 ? failures(lab, HandshakeFailure::TooLarge) : 0) ==
          1);
    CHECK(counts.under_way == 0);
    CHECK(wire.closed());
  }
}

TEST_CASE("handshake: more bytes than it has any use for") {
  TlsLab lab;
  MemoryPeer& wire = lab.connect();
  // Warnings: alerts that TLS 1.2 allows before the hello, and nobody needs.
  std::string hello = std::string("\x16\x03\x01\x40\x00\x01\x00\xff\xff", 9);
  hello += std::string(0x4000 - 4, 'x');
  for (int i = 0; i < 3; ++i) {
    hello += std::string("\x16\x03\x01\x3f\x00", 5) + std::string(0x3f00, 'x');
  }
  wire.send(std::string_view(hello).substr(0, 50'000));
  lab.settle();
  CHECK(wire.closed());
  CHECK(failures(lab, HandshakeFailure::TooLarge) == 1);
}

TEST_CASE("handshake: one who is too slow, and one who leaves") {
  TlsLab lab;
  MemoryPeer& silent = lab.connect();
  MemoryPeer& slow = lab.connect();
  slow.send("\x16");
  lab.settle();
  MemoryPeer& leaving = lab.connect();
  leaving.finish();
  MemoryPeer& broken = lab.connect();
  broken.break_off();
  lab.settle();
  CHECK(failures(lab, HandshakeFailure::Closed) == 2);
  lab.advance(9s);
  CHECK(lab.acceptor.statistics().under_way == 2);
  CHECK_FALSE(silent.closed());
  lab.advance(2s);
  CHECK(lab.acceptor.statistics().under_way == 0);
  CHECK(failures(lab, HandshakeFailure::Timeout) == 2);
  CHECK(silent.closed());
  CHECK(slow.closed());
}

TEST_CASE("handshake: those under way end when the server stops listening") {
  TlsLab lab;
  MemoryPeer& wire = lab.connect();
  lab.acceptor.abort_all();
  lab.settle();
  CHECK(wire.closed());
  CHECK(failures(lab, HandshakeFailure::Shutdown) == 1);
}

TEST_CASE("handshake: every cut of a hello, then the end") {
  TlsLab lab;
  TlsPeer client;
  client.hear({});
  const std::string hello = client.take_output();
  for (size_t size = 0; size < hello.size(); ++size) {
    MemoryPeer& wire = lab.connect();
    wire.send(std::string_view(hello).substr(0, size));
    wire.finish();
    lab.settle();
    CHECK(wire.closed());
  }
  CHECK(failures(lab, HandshakeFailure::Closed) == hello.size());
}

}  // namespace
}  // namespace atl::net::testing
