// TCP over loopback: real sockets, no sleeping, ports chosen by the kernel.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/net/tcp_connector.h"
#include "lib/net/tcp_listener.h"
#include "lib/net/tcp_stream.h"

namespace atl::net {
namespace {

using namespace std::chrono_literals;

// One end of a connection that writes down what it hears.
class End final : public Stream::Reader {
 public:
  explicit End(std::unique_ptr<TcpStream> taken) : stream(std::move(taken)) {
    stream->set_reader(this);
    stream->start_reading();
  }
  void on_read(Bytes bytes) override {
    received.append(bytes);
    if (on_change) on_change();
  }
  void on_end() override {
    ended = true;
    if (on_change) on_change();
  }
  void on_error(Error got) override {
    error = got;
    if (on_change) on_change();
  }
  void on_drained() override {
    ++drained;
    if (on_change) on_change();
  }

  std::unique_ptr<TcpStream> stream;
  std::string received;
  bool ended = false;
  int drained = 0;
  std::optional<Error> error;
  std::function<void()> on_change;
};

// A connection with both ends on one loop.
struct Pair {
  Loop loop;
  std::unique_ptr<TcpListener> listener;
  std::unique_ptr<TcpConnector> connector;
  std::unique_ptr<End> server;
  std::unique_ptr<End> client;
  Timer watchdog{loop, [this] {
                   FAIL("nothing happened for ten seconds");
                   loop.stop();
                 }};

  explicit Pair(const char* host = "127.0.0.1") {
    watchdog.start(10s);
    auto opened = TcpListener::listen(loop, {host, 0}, {}, [this](auto stream) {
      server = std::make_unique<End>(std::move(stream));
      if (client) loop.stop();
    });
    REQUIRE(opened);
    listener = std::move(*opened);
    connector =
        std::make_unique<TcpConnector>(loop, listener->local_address(), 5s, [this](auto got) {
          REQUIRE(got);
          client = std::make_unique<End>(std::move(*got));
          if (server) loop.stop();
        });
    loop.run();
  }

  // Runs the loop until the condition holds.
  void until(const std::function<bool()>& condition) {
    const auto check = [this, &condition] {
      if (condition()) loop.stop();
    };
    if (server) server->on_change = check;
    if (client) client->on_change = check;
    if (!condition()) loop.run();
    if (server) server->on_change = nullptr;
    if (client) client->on_change = nullptr;
  }
};

// A container may have been given no IPv6 address, not even loopback's; the kernel says so itself.
bool has_ipv6_loopback() {
  Loop loop;
  const auto listener = TcpListener::listen(loop, {"::1", 0}, {}, [](auto) {});
  if (!listener) CHECK(listener.error().code == Code::NotFound);
  return listener.has_value();
}

TEST_CASE("tcp: bytes go both ways over IPv4 and IPv6, and both ends know who the other is") {
  std::vector<const char*> hosts = {"127.0.0.1"};
  if (has_ipv6_loopback()) {
    hosts.push_back("::1");
  } else {
    MESSAGE("no IPv6 loopback on this machine: IPv4 only");
  }
  for (const char* host : hosts) {
    Pair pair(host);
    const std::vector<Bytes> pieces = {"hel", "", "lo"};
    const auto taken = pair.client->stream->try_write(pieces);
    REQUIRE(taken);
    CHECK(*taken == 5);
    pair.until([&] { return pair.server->received == "hello"; });
    pair.server->stream->write(pieces, {});
    pair.until([&] { return pair.client->received == "hello" && pair.server->drained == 1; });
    CHECK(pair.server->stream->peer_address() == host);
    CHECK(pair.client->stream->peer_address() == host);
  }
}

TEST_CASE("tcp: an IPv4 client of an IPv6 socket has an IPv4 address") {
  Loop loop;
  std::string peer;
  auto listener = TcpListener::listen(loop, {"::", 0}, {}, [&](auto stream) {
    peer = stream->peer_address();
    loop.stop();
  });
  REQUIRE(listener);
  const TcpConnector connector(loop, {"127.0.0.1", (*listener)->local_address().port}, 5s,
                               [](auto) {});
  loop.run();
  CHECK(peer == "127.0.0.1");
}

TEST_CASE("tcp: what the kernel does not take is queued, in order, and its holder lives as long") {
  Pair pair;
  std::string big(8 << 20, '\0');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>('a' + i % 23);
  pair.client->stream->stop_reading();
  int released = 0;
  size_t written = 0;
  const std::string_view bytes = big;
  for (size_t at = 0; at < big.size(); at += 1 << 20) {
    const Bytes piece = bytes.substr(at, 1 << 20);
    pair.server->stream->write({&piece, 1},
                               Holder(&released, [](void* count) { ++*static_cast<int*>(count); }));
    ++written;
  }
  CHECK(pair.server->stream->queued() > 0);
  CHECK(released < static_cast<int>(written));
  pair.client->stream->start_reading();
  pair.until([&] { return pair.client->received.size() == big.size(); });
  CHECK(pair.client->received == big);
  pair.until([&] { return pair.server->drained > 0; });
  CHECK(pair.server->stream->queued() == 0);
  CHECK(released == static_cast<int>(written));
  CHECK(pair.server->drained == 1);
}

TEST_CASE("tcp: shutdown sends what is queued, then the end; the other way stays open") {
  Pair pair;
  const std::string big(4 << 20, 'x');
  const Bytes piece = big;
  pair.server->stream->write({&piece, 1}, {});
  pair.server->stream->shutdown();
  pair.until([&] { return pair.client->ended; });
  CHECK(pair.client->received.size() == big.size());
  const Bytes back = "still here";
  REQUIRE(pair.client->stream->try_write({&back, 1}));
  pair.until([&] { return pair.server->received == "still here"; });
}

TEST_CASE("tcp: a reset is an error at the other end, a close is an end") {
  for (const bool reset : {true, false}) {
    Pair pair;
    if (reset) pair.server->stream->reset();
    pair.server.reset();
    pair.until([&] { return pair.client->ended || pair.client->error; });
    CHECK(pair.client->ended == !reset);
    CHECK(pair.client->error.has_value() == reset);
    if (reset) CHECK(pair.client->error->code == Code::Closed);
  }
}

TEST_CASE("tcp: a stream may die in any callback, with bytes queued; their holder is released") {
  for (const bool on_read : {true, false}) {
    Pair pair;
    bool released = false;
    const std::string big(16 << 20, 'x');
    const Bytes piece = big;
    pair.client->stream->stop_reading();
    pair.server->stream->write(
        {&piece, 1}, Holder(&released, [](void* flag) { *static_cast<bool*>(flag) = true; }));
    bool died = false;
    pair.server->on_change = [&] {
      auto dead = std::move(pair.server);
      dead->on_change = nullptr;  // this very function stays alive until it returns
      dead->stream.reset();
      died = true;
      pair.loop.post([&] { pair.loop.stop(); });
    };
    if (on_read) {
      const Bytes poke = "x";
      REQUIRE(pair.client->stream->try_write({&poke, 1}));
    } else {
      pair.client->stream->reset();
    }
    pair.loop.run();
    CHECK(died);
    CHECK(released);
  }
}

TEST_CASE("tcp: writing to a connection that is gone is an error of that write") {
  Pair pair;
  pair.server->stream->stop_reading();
  pair.client->stream->reset();
  pair.client.reset();
  const std::string big(1 << 20, 'x');
  const Bytes piece = big;
  pair.server->stream->write({&piece, 1}, {});
  pair.until([&] { return pair.server->error.has_value(); });
  CHECK(pair.server->error->code == Code::Closed);
  CHECK_FALSE(pair.server->stream->try_write({&piece, 1}));
}

TEST_CASE("listener: a taken port is a Conflict with a sentence; two of ours may share one") {
  Loop loop;
  auto first = TcpListener::listen(loop, {"127.0.0.1", 0}, {}, [](auto) {});
  REQUIRE(first);
  const Endpoint at = (*first)->local_address();
  CHECK(at.port != 0);
  CHECK(TcpListener::listen(loop, at, {}, [](auto) {}));
  const auto alone = TcpListener::listen(loop, at, {.reuse_port = false}, [](auto) {});
  REQUIRE_FALSE(alone);
  CHECK(alone.error().code == Code::Conflict);
  CHECK(std::string(alone.error().detail).find("in use") != std::string::npos);
  const auto probed = probe_free(at);
  REQUIRE_FALSE(probed);
  CHECK(probed.error().code == Code::Conflict);
}

TEST_CASE("listener: an address that is not ours, or none, is said so") {
  Loop loop;
  const auto foreign = TcpListener::listen(loop, {"192.0.2.1", 0}, {}, [](auto) {});
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == Code::NotFound);
  const auto name = TcpListener::listen(loop, {"edge.example", 0}, {}, [](auto) {});
  REQUIRE_FALSE(name);
  CHECK(name.error().code == Code::Invalid);
}

TEST_CASE("listener: while paused, connections wait; resumed, they are accepted") {
  Loop loop;
  std::vector<std::unique_ptr<TcpStream>> accepted;
  std::unique_ptr<TcpListener> listener;
  auto opened = TcpListener::listen(loop, {"127.0.0.1", 0}, {}, [&](auto stream) {
    accepted.push_back(std::move(stream));
    if (accepted.size() == 2) {
      listener->pause();
      loop.stop();
    } else if (accepted.size() == 5) {
      loop.stop();
    }
  });
  REQUIRE(opened);
  listener = std::move(*opened);
  std::vector<std::unique_ptr<TcpConnector>> clients;
  std::vector<std::unique_ptr<TcpStream>> streams;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<TcpConnector>(
        loop, listener->local_address(), 5s,
        [&](auto got) { streams.push_back(std::move(got.value())); }));
  }
  loop.run();
  // All five are connected as far as the clients can tell; two have been taken.
  Timer a_while(loop, [&] { loop.stop(); });
  a_while.start(20ms);
  loop.run();
  CHECK(accepted.size() == 2);
  CHECK(streams.size() == 5);
  listener->resume();
  loop.run();
  CHECK(accepted.size() == 5);
}

TEST_CASE("listener: without file descriptors clients are turned away and the loop does not spin") {
  Loop loop;
  std::vector<std::unique_ptr<TcpStream>> accepted;
  auto listener = TcpListener::listen(loop, {"127.0.0.1", 0}, {},
                                      [&](auto stream) { accepted.push_back(std::move(stream)); });
  REQUIRE(listener);
  // The client's descriptor exists before there are no more.
  bool turned_away = false;
  std::unique_ptr<End> client;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const TcpConnector connector(loop, (*listener)->local_address(), 5s, [&](auto got) {
    if (!got) {
      turned_away = true;
      return loop.stop();
    }
    client = std::make_unique<End>(std::move(*got));
    client->on_change = [&] {
      turned_away = true;
      loop.stop();
    };
  });
  const int lowest_free = dup(0);
  close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  loop.run();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(turned_away);
  CHECK(accepted.empty());

  // With descriptors again it serves again.
  const TcpConnector again(loop, (*listener)->local_address(), 5s, [](auto) {});
  Timer watchdog(loop, [&] { loop.stop(); });
  watchdog.start(5s);
  Timer poll(loop, [&] {
    if (!accepted.empty()) loop.stop();
  });
  poll.start_periodic(1ms);
  loop.run();
  CHECK(accepted.size() == 1);
}

TEST_CASE("connector: a port where nobody listens is Refused, a name is Invalid") {
  Loop loop;
  Endpoint nobody;
  {
    auto listener = TcpListener::listen(loop, {"127.0.0.1", 0}, {}, [](auto) {});
    REQUIRE(listener);
    nobody = (*listener)->local_address();
  }
  std::vector<Code> codes;
  const auto note = [&](auto got) {
    REQUIRE_FALSE(got);
    codes.push_back(got.error().code);
    if (codes.size() == 2) loop.stop();
  };
  const TcpConnector name(loop, {"edge.example", 80}, 5s, note);
  const TcpConnector refused(loop, nobody, 5s, note);
  CHECK(codes.empty());  // never from inside the constructor
  loop.run();
  std::sort(codes.begin(), codes.end());
  CHECK(codes == std::vector<Code>{Code::Invalid, Code::Refused});
}

TEST_CASE("connector: gives up after its time, and is silent when it dies") {
  Loop loop;
  // A backlog of one that nobody takes from: later connections are not answered.
  auto listener = TcpListener::listen(loop, {"127.0.0.1", 0}, {.backlog = 0}, [](auto) {});
  REQUIRE(listener);
  (*listener)->pause();
  std::vector<std::unique_ptr<TcpConnector>> filling;
  std::vector<std::unique_ptr<TcpStream>> streams;
  for (int i = 0; i < 8; ++i) {
    filling.push_back(
        std::make_unique<TcpConnector>(loop, (*listener)->local_address(), 60s, [&](auto got) {
          if (got) streams.push_back(std::move(*got));
        }));
  }
  std::optional<Error> error;
  const TcpConnector late(loop, (*listener)->local_address(), 50ms, [&](auto got) {
    if (!got) error = got.error();
    loop.stop();
  });
  bool spoke = false;
  {
    const TcpConnector dead(loop, (*listener)->local_address(), 1ms, [&](auto) { spoke = true; });
  }
  loop.run();
  REQUIRE(error);
  CHECK(error->code == Code::Timeout);
  CHECK_FALSE(spoke);
}

}  // namespace
}  // namespace atl::net
