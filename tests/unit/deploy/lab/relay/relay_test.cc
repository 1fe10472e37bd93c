// The relay with real sockets. How punctual it is depends on what else the machine does: that is
// for tests/bench/lab. What is checked here is that nothing comes early, late parts are counted,
// and connections end as they do without a relay.

#include "deploy/lab/relay/relay.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "deploy/lab/relay/probe.h"
#include "lib/net/tcp_connector.h"
#include "lib/net/tcp_listener.h"

namespace atl::lab {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHost = "127.0.0.1";

// One end of a connection that writes down what it hears.
struct End final : net::Stream::Reader {
  std::unique_ptr<net::TcpStream> stream;
  std::string received;
  bool ended = false;
  std::optional<Error> error;
  std::function<void()> on_change;

  End(std::unique_ptr<net::TcpStream> taken, std::function<void()> changed)
      : stream(std::move(taken)), on_change(std::move(changed)) {
    stream->set_reader(this);
    stream->start_reading();
  }
  void say(std::string text) {
    auto kept = std::make_unique<std::string>(std::move(text));
    const net::Bytes bytes(*kept);
    stream->write({&bytes, 1}, hold(std::move(kept)));
  }
  void on_read(net::Bytes bytes) override {
    received.append(bytes);
    on_change();
  }
  void on_end() override {
    ended = true;
    on_change();
  }
  void on_error(Error got) override {
    error = got;
    on_change();
  }
  void on_drained() override {}
};

// A client and a server with a relay between them.
struct Between {
  net::Loop loop;
  Relay relay{loop, 1};
  std::unique_ptr<net::TcpListener> listener;
  std::unique_ptr<net::TcpConnector> connector;
  std::unique_ptr<End> client;
  std::unique_ptr<End> server;
  Relay::DoorId door = 0;
  std::function<bool()> enough;
  net::Timer watchdog{loop, [this] {
                        FAIL("nothing happened for ten seconds");
                        loop.stop();
                      }};

  explicit Between(const RelayLink& link) {
    watchdog.start(10s);
    REQUIRE(relay.open());
    auto opened = net::TcpListener::listen(
        loop, {kHost, 0}, {}, [this](std::unique_ptr<net::TcpStream> stream) {
          server = std::make_unique<End>(std::move(stream), [this] { look(); });
          look();
        });
    REQUIRE(opened);
    listener = *std::move(opened);
    const auto added = relay.add(kHost, listener->local_address(), link);
    REQUIRE(added);
    door = *added;
    connect();
    until([this] { return client && server; });
  }
  void connect() {
    connector = std::make_unique<net::TcpConnector>(
        loop, relay.entrance(door), 5s, [this](Result<std::unique_ptr<net::TcpStream>> got) {
          REQUIRE(got);
          client = std::make_unique<End>(*std::move(got), [this] { look(); });
          look();
        });
  }
  void look() {
    if (enough && enough()) loop.stop();
  }
  void until(std::function<bool()> condition) {
    enough = std::move(condition);
    if (!enough()) loop.run();
    enough = nullptr;
  }
};

TEST_CASE("relay: a byte and its answer take at least what was asked for, connecting included") {
  net::Loop loop;
  Relay relay(loop, 1);
  REQUIRE(relay.open());
  std::vector<RelayLink> links;
  for (const Tick rtt : {Tick{0}, 8 * kMillisecond, 60 * kMillisecond}) {
    links.push_back({.path = {.rtt = rtt}});
    links.push_back({.path = {.rtt = rtt}, .connects = true});
    links.push_back({.path = {.rtt = rtt}, .connects = true, .tls = true});
  }
  const auto measured = probe(loop, relay, kHost, links);
  REQUIRE(measured.size() == links.size());
  for (size_t i = 0; i < links.size(); ++i) {
    CAPTURE(i);
    REQUIRE(measured[i]);
    const double rtt = static_cast<double>(links[i].path.rtt) / 1e6;
    const int trips = 1 + (links[i].connects ? 1 : 0) + (links[i].tls ? 1 : 0);
    CHECK(measured[i]->rtt_ms >= rtt);
    CHECK(measured[i]->connected_ms >= rtt * trips);
  }
  CHECK(relay.lateness().count() >= 2 * 5 * 4 * links.size());
}

TEST_CASE("relay: what one side sends the other gets, all of it and in order, then the end") {
  Between between({.path = {.rtt = 2 * kMillisecond, .ns_per_byte = 0.5}, .slow_start = true});
  std::string much(3'000'000, 'x');
  for (size_t i = 0; i < much.size(); i += 100) much[i] = static_cast<char>('a' + i / 100 % 26);
  between.server->say(much);
  between.server->stream->shutdown();
  between.client->say("question");
  between.until([&] { return between.client->ended && !between.server->received.empty(); });
  CHECK(between.client->received == much);
  CHECK(between.server->received == "question");
  between.client->stream->shutdown();
  between.until([&] { return between.server->ended; });
  CHECK_FALSE(between.server->error);
}

TEST_CASE("relay: a reset on one side is one on the other") {
  Between between({.path = {.rtt = 2 * kMillisecond}});
  SUBCASE("of the client") {
    between.client->stream->reset();
    between.until([&] { return between.server->error.has_value(); });
  }
  SUBCASE("of the server") {
    between.server->stream->reset();
    between.until([&] { return between.client->error.has_value(); });
  }
  // Nothing is left of it once the turn has ended.
  between.loop.post([&] { between.loop.stop(); });
  between.loop.run();
  CHECK(between.relay.connections() == 0);
}

TEST_CASE("relay: whom nobody listens behind is told so, and so is who has no way") {
  net::Loop loop;
  Relay relay(loop, 1);
  REQUIRE(relay.open());
  net::Endpoint nobody;
  {
    const auto gone = net::TcpListener::listen(loop, {kHost, 0}, {}, [](auto) {});
    REQUIRE(gone);
    nobody = (*gone)->local_address();
  }
  const auto refused = relay.add(kHost, nobody, RelayLink{.path = {.rtt = kMillisecond}});
  net::Endpoint seen;
  const auto turned_away = relay.add(kHost, nobody, [&](const net::Endpoint& peer) {
    seen = peer;
    return nullptr;
  });
  REQUIRE(refused);
  REQUIRE(turned_away);
  for (const Relay::DoorId door : {*refused, *turned_away}) {
    std::unique_ptr<End> client;
    bool told = false;  // while connecting, or right after
    net::TcpConnector connector(loop, relay.entrance(door), 5s, [&](auto got) {
      told = !got;
      if (!got) return loop.stop();
      client = std::make_unique<End>(*std::move(got), [&] { loop.stop(); });
    });
    loop.run();
    CHECK((told || client->error));
  }
  CHECK(seen.host == kHost);
  CHECK(seen.port != 0);
}

TEST_CASE("relay: a door that is silent loses everything; restored it breaks what it had") {
  Between between({.path = {.rtt = kMillisecond}});
  between.relay.silence(between.door);
  between.client->say("lost");
  between.server->say("lost");
  // Longer than a round trip: had anything passed, it would be there.
  net::Timer pause(between.loop, [&] { between.loop.stop(); });
  pause.start(20ms);
  between.loop.run();
  CHECK(between.client->received.empty());
  CHECK(between.server->received.empty());
  between.relay.restore(between.door);
  between.until([&] { return between.client->error && between.server->error; });
  between.server.reset();
  between.client.reset();
  between.connect();
  between.until([&] { return between.client && between.server; });
  between.client->say("there");
  between.until([&] { return between.server->received == "there"; });
}

}  // namespace
}  // namespace atl::lab
