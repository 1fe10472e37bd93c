// The server on a real loop with real sockets on 127.0.0.1, ports chosen by the kernel.

#include "lib/server/server.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/tcp_connector.h"
#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

using namespace std::chrono_literals;

const std::string kHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class Client final : public net::Stream::Reader {
 public:
  Client(net::Loop& loop, const net::Endpoint& to, std::string request)
      : connector_(loop, to, 5s, [this, request = std::move(request)](auto got) {
          if (!got) {
            refused = true;
            return;
          }
          stream_ = std::move(*got);
          stream_->set_reader(this);
          stream_->start_reading();
          send(request);
        }) {}

  void send(std::string_view bytes) {
    if (!bytes.empty()) CHECK(stream_->try_write({&bytes, 1}).value_or(0) == bytes.size());
  }
  void finish() { stream_->shutdown(); }
  void break_off() { stream_->reset(); }

  void on_read(net::Bytes bytes) override { received.append(bytes); }
  void on_end() override { ended = true; }
  void on_error(Error) override { reset = true; }
  void on_drained() override {}

  bool connected() const { return stream_ != nullptr; }

  std::string received;
  bool ended = false;
  bool reset = false;
  bool refused = false;

 private:
  net::TcpConnector connector_;
  std::unique_ptr<net::TcpStream> stream_;
};

struct World {
  net::Loop loop;
  FakeApplication app;
  std::unique_ptr<Server> server;
  net::Endpoint at;
  std::function<bool()> condition;
  bool timed_out = false;
  net::Timer poll{loop, [this] {
                    if (condition()) loop.stop();
                  }};
  net::Timer watchdog{loop, [this] {
                        timed_out = true;
                        loop.stop();
                      }};
  std::vector<std::unique_ptr<Client>> clients;

  explicit World(const Limits& limits = {}) : server(std::make_unique<Server>(loop, app, limits)) {
    const auto bound = server->listen({"127.0.0.1", 0});
    REQUIRE(bound);
    at = *bound;
  }
  ~World() { clients.clear(); }

  Client& connect(const std::string& request) {
    clients.push_back(std::make_unique<Client>(loop, at, request));
    return *clients.back();
  }
  void until(std::function<bool()> holds) {
    condition = std::move(holds);
    watchdog.start(20s);
    poll.start_periodic(1ms);
    loop.run();
    poll.stop();
    watchdog.stop();
    REQUIRE_FALSE(timed_out);
  }
};

TEST_CASE("server: answers many connections, each many times") {
  World world;
  for (int i = 0; i < 20; ++i) world.connect(kHello);
  for (size_t round = 1; round <= 5; ++round) {
    world.until([&] {
      return std::all_of(world.clients.begin(), world.clients.end(), [&](const auto& client) {
        return client->received.size() == round * kAnswer.size();
      });
    });
    for (const auto& client : world.clients) client->send(kHello);
  }
  world.until([&] { return world.server->statistics().requests == 120; });
  CHECK(world.server->statistics().accepted == 20);
  CHECK(world.server->statistics().connections == 20);
  world.clients.clear();
  world.until([&] { return world.server->statistics().connections == 0; });
}

TEST_CASE("server: a large answer arrives whole") {
  World world;
  Client& client = world.connect("GET /large?20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return client.received.ends_with("\r\n0\r\n\r\n"); });
  CHECK(client.received.size() > 20'000'000);
  CHECK(world.app.largest_burst <= 300'000);
}

TEST_CASE("server: a large body arrives whole") {
  World world;
  const std::string body(3'000'000, 'b');
  Client& client =
      world.connect("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  world.until([&] { return world.app.handlers == 1; });
  size_t sent = 0;
  while (sent < body.size()) {
    client.send(std::string_view(body).substr(sent, 10'000));
    sent += 10'000;
    world.until([&] { return world.app.body.size() == sent; });
  }
  world.until([&] { return client.received.size() > body.size(); });
  CHECK(client.received.ends_with("b|"));
}

TEST_CASE("server: a refused client reads why, although it goes on sending") {
  World world;
  Client& client = world.connect("BREW / HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(50'000, 'x'));
  world.until([&] { return client.ended || client.reset; });
  CHECK_FALSE(client.reset);
  CHECK(statuses(client.received) == std::vector<int>{501});
  client.finish();
  world.until([&] { return world.server->statistics().connections == 0; });
}

TEST_CASE("server: times come from the loop") {
  Limits limits;
  limits.head_time = 50ms;
  limits.keep_alive = 50ms;
  World world(limits);
  Client& slow = world.connect("GET /hel");
  Client& idle = world.connect(kHello);
  world.until([&] { return slow.ended && idle.ended; });
  CHECK(statuses(slow.received) == std::vector<int>{408});
  CHECK(idle.received == kAnswer);
}

TEST_CASE("server: a client that breaks off ends its exchange") {
  World world;
  Client& client = world.connect("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return world.app.handlers == 1; });
  client.break_off();
  world.until([&] { return world.app.handlers == 0; });
  CHECK(world.app.aborted == std::vector<Abort>{Abort::ClientGone});
  world.until([&] { return world.server->statistics().connections == 0; });
}

TEST_CASE("server: at its limit of connections it leaves the next ones in the backlog") {
  Limits limits;
  limits.connections = 2;
  World world(limits);
  for (int i = 0; i < 4; ++i) world.connect(kHello);
  const auto answered = [&] {
    return std::count_if(world.clients.begin(), world.clients.end(),
                         [](const auto& client) { return client && !client->received.empty(); });
  };
  world.until([&] {
    return answered() == 2 && std::all_of(world.clients.begin(), world.clients.end(),
                                          [](const auto& client) { return client->connected(); });
  });
  CHECK(world.server->statistics().connections == 2);
  for (auto& client : world.clients) {
    if (!client->received.empty()) client.reset();
  }
  world.until([&] { return answered() == 2; });
  CHECK(world.server->statistics().accepted == 4);
}

TEST_CASE("server: drains, says when it has, and resumes on the same port") {
  World world;
  Client& idle = world.connect(kHello);
  Client& waiting = world.connect("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return world.app.requests.size() == 2 && !idle.received.empty(); });
  bool drained = false;
  world.server->drain([&] { drained = true; });
  CHECK(world.server->draining());
  Client& late = world.connect(kHello);
  world.until([&] { return idle.ended && late.refused; });
  CHECK_FALSE(drained);
  CHECK_FALSE(waiting.ended);
  world.app.answer_later();
  world.until([&] { return waiting.ended; });
  CHECK(waiting.received ==
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater");
  idle.finish();
  waiting.finish();
  world.until([&] { return drained; });

  REQUIRE(world.server->resume());
  Client& again = world.connect(kHello);
  world.until([&] { return !again.received.empty(); });
  CHECK(again.received == kAnswer);
}

TEST_CASE("server: its sockets go on in another one, with the connections that wait in them") {
  World world;
  auto sockets = world.server->duplicate_sockets();
  REQUIRE(sockets.size() == 1);
  CHECK(sockets[0].at == world.at);
  CHECK_FALSE(sockets[0].tls);
  Client& kept = world.connect(kHello);
  world.until([&] { return !kept.received.empty(); });
  bool drained = false;
  world.server->drain([&] { drained = true; }, Draining::Patient);
  CHECK(world.server->duplicate_sockets().empty());
  Client& late = world.connect(kHello);
  world.until([&] { return late.connected(); });  // nobody accepts, and nobody is refused
  CHECK(late.received.empty());
  Server second(world.loop, world.app, {});
  REQUIRE(second.listen_on(std::move(sockets[0].socket), false));
  world.until([&] { return !late.received.empty(); });
  CHECK(late.received == kAnswer);
  CHECK_FALSE(kept.ended);
  CHECK_FALSE(drained);
  world.server->drain([&] { drained = true; });
  world.until([&] { return kept.ended; });
  kept.finish();
  world.until([&] { return drained; });
  CHECK(second.statistics().accepted == 1);
}

TEST_CASE("server: what is no listening socket is not accepted from") {
  World world;
  for (const int number : {::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                           ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                           ::open("/dev/null", O_RDONLY | O_CLOEXEC), -1}) {
    const auto bound = world.server->listen_on(net::Descriptor(number), false);
    REQUIRE_FALSE(bound);
    CHECK(bound.error().code == Code::Invalid);
  }
}

TEST_CASE("server: an idle one is drained at once, but never inside the call") {
  World world;
  bool drained = false;
  world.server->drain([&] { drained = true; });
  CHECK_FALSE(drained);
  world.until([&] { return drained; });
}

TEST_CASE("server: a port somebody else has is said so when it resumes") {
  World world;
  world.server->drain(nullptr);
  const auto other =
      net::TcpListener::listen(world.loop, world.at, {.reuse_port = false}, [](auto) {});
  REQUIRE(other);
  const auto resumed = world.server->resume();
  REQUIRE_FALSE(resumed);
  CHECK(resumed.error().code == Code::Conflict);
}

TEST_CASE("server: two of them share a port") {
  World world;
  Server second(world.loop, world.app, {});
  REQUIRE(second.listen(world.at));
  for (int i = 0; i < 50; ++i) world.connect(kHello);
  world.until(
      [&] { return world.server->statistics().requests + second.statistics().requests == 50; });
  // The kernel spreads by a hash of the ports: all fifty on one side would be a strange accident.
  CHECK(world.server->statistics().requests > 0);
  CHECK(second.statistics().requests > 0);
}

TEST_CASE("server: one that dies cuts off its clients and tells handlers") {
  World world;
  Client& client = world.connect("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return world.app.handlers == 1; });
  world.server.reset();
  CHECK(world.app.aborted == std::vector<Abort>{Abort::Shutdown});
  CHECK(world.app.handlers == 0);
  world.until([&] { return client.ended || client.reset; });
}

}  // namespace
}  // namespace atl::server::testing
