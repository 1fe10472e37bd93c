// The node as the agent and the outside see it: real threads, real sockets, the real client of
// origins, of which none answers here.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "edge/admin.h"
#include "edge/edge_node.h"
#include "lib/server/server.h"

namespace atl::edge {
namespace {

// A listening socket that nobody accepts from: connections to it are made and hang.
class Silence {
 public:
  Silence() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at = address(0);
    socklen_t size = sizeof(at);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(socket_, 16) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port = ntohs(at.sin_port);
  }
  ~Silence() { ::close(socket_); }
  static sockaddr_in address(uint16_t number) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(number);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }
  uint16_t port = 0;

 private:
  int socket_;
};

// Everything the server says to one request, until it closes; "refused" when nobody listens.
std::string talk(uint16_t port, std::string_view path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = Silence::address(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0) {
    ::close(socket);
    return "refused";
  }
  const std::string request =
      "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  std::string answer;
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t got; (got = ::recv(socket, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(got));
    }
  }
  ::close(socket);
  return answer;
}

// A connection that is kept from request to request.
class Kept {
 public:
  explicit Kept(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in at = Silence::address(port);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
  }
  ~Kept() { ::close(socket_); }
  // The answer's head and what came with it; empty when the connection is gone.
  std::string ask() {
    const std::string_view request = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
    std::string answer;
    char buffer[4096];
    while (answer.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) return {};
      answer.append(buffer, static_cast<size_t>(got));
    }
    return answer;
  }

 private:
  int socket_;
};

bool says(const std::string& answer, std::string_view text) {
  return answer.find(text) != std::string::npos;
}

std::shared_ptr<const RouteTable> routes_to(uint16_t origin_port) {
  RouteConfig config;
  config.version = 9;
  config.origins = {
      {.id = "o", .endpoint = "127.0.0.1:" + std::to_string(origin_port), .source = "s"}};
  config.origin_groups = {{.id = "g", .origins = {"o"}, .failover_statuses = {}}};
  config.distributions = {
      {.id = "d", .hosts = {"*"}, .behaviours = {{.path_pattern = "*", .origin_group = "g"}}}};
  return *RouteTable::build(std::move(config));
}

struct Fixture {
  Fixture() : node(loop, config(), clock, nullptr), admin(node, clock), server(loop, admin, {}) {
    const auto bound = node.start(nullptr);
    REQUIRE(bound);
    port = bound->plain.at(0).port;
    admin_port = server.listen({"127.0.0.1", 0})->port;
  }
  static Config config() {
    Config config;
    config.pop = "fra";
    config.listen = {"127.0.0.1:0"};
    config.cache_memory = 8_MiB;
    config.cache_shards = 2;
    config.workers = 2;
    config.retained = 8_MiB;
    return config;
  }
  // Runs the control loop until `outside`, on a thread of its own, is done.
  void during(const std::function<void()>& outside) {
    std::thread thread([&] {
      outside();
      loop.stop();
    });
    loop.run();
    thread.join();
  }
  void drain(bool draining, std::chrono::milliseconds deadline = {}) {
    node.set_draining(draining, {{}, deadline}, [this] { loop.stop(); });
    if (draining) loop.run();
  }

  SystemClock clock;
  net::Loop loop;
  EdgeNode node;
  Admin admin;
  server::Server server;
  uint16_t port = 0;
  uint16_t admin_port = 0;
};

TEST_CASE("node: it serves once it has a configuration, and says so") {
  Fixture f;
  f.during([&] {
    CHECK(says(talk(f.port, "/"), "HTTP/1.1 503"));
    CHECK(says(talk(f.admin_port, "/healthz"), "HTTP/1.1 503"));
  });
  uint16_t closed = 0;
  {
    closed = Silence().port;
  }
  f.node.apply_routes(routes_to(closed));
  f.during([&] {
    // Every worker is given the routes by a message of its own.
    while (says(talk(f.port, "/"), "no-configuration")) {
    }
    const std::string answer = talk(f.port, "/");
    CHECK(says(answer, "HTTP/1.1 502"));
    CHECK(says(answer, "detail=origin-unreachable"));
    CHECK(says(talk(f.admin_port, "/healthz"), "HTTP/1.1 200"));
    CHECK(says(talk(f.admin_port, "/metrics"), "\natoll_edge_configuration_version 9\n"));
    CHECK(says(talk(f.admin_port, "/statusz?x"), "\"configuration_version\": 9"));
    CHECK(says(talk(f.admin_port, "/"), "HTTP/1.1 404"));
  });
  CHECK(f.node.routes_version() == 9);
  CHECK(f.node.statistics().errors >= 2);
  CHECK(f.node.health().serving);
  CHECK(f.node.health().origins.at(0).origin == "o");
}

TEST_CASE("node: draining closes the door, and it can be opened again") {
  Fixture f;
  f.node.apply_routes(routes_to(1));
  f.drain(true);
  CHECK_FALSE(f.node.health().serving);
  CHECK(f.node.health().detail == "draining");
  f.during([&] { CHECK(talk(f.port, "/") == "refused"); });
  f.drain(false);
  f.during([&] {
    while (talk(f.port, "/") == "refused") {
    }
  });
  CHECK(f.node.health().serving);
}

TEST_CASE("node: draining waits for what is in flight, but not past its deadline") {
  Silence origin;
  Fixture f;
  f.node.apply_routes(routes_to(origin.port));
  std::string answer = "none";
  std::thread client([&] {
    do {
      answer = talk(f.port, "/");
    } while (says(answer, "no-configuration"));
  });
  while (f.node.health().requests_in_flight == 0) {
    std::this_thread::yield();
  }
  f.drain(true, std::chrono::milliseconds{50});
  client.join();
  CHECK(answer.empty());
}

TEST_CASE("node: a patient drain answers a kept connection once more before it closes it") {
  Fixture f;
  f.node.apply_routes(routes_to(1));
  std::string first;
  std::string second;
  f.during([&] {
    Kept kept(f.port);
    while (says(first = kept.ask(), "no-configuration")) {
    }
    f.loop.post([&] { f.node.set_draining(true, {std::chrono::seconds{60}, {}}, [] {}); });
    while (talk(f.port, "/") != "refused") {
    }
    second = kept.ask();
  });
  CHECK_FALSE(says(first, "Connection: close"));
  CHECK(says(second, "HTTP/1.1 502"));
  CHECK(says(second, "Connection: close"));
}

TEST_CASE("node: a drain that is taken back does not report") {
  Fixture f;
  bool told = false;
  f.node.set_draining(true, {}, [&] { told = true; });
  f.node.set_draining(false, {}, {});
  bool again = false;
  f.node.set_draining(true, {}, [&] {
    again = true;
    f.loop.stop();
  });
  f.loop.run();
  CHECK_FALSE(told);
  CHECK(again);
}

TEST_CASE("node: a taken port is one clear sentence") {
  Silence taken;
  Config config = Fixture::config();
  config.listen = {"127.0.0.1:" + std::to_string(taken.port)};
  SystemClock clock;
  net::Loop loop;
  EdgeNode node(loop, config, clock, nullptr);
  const auto bound = node.start(nullptr);
  REQUIRE_FALSE(bound);
  CHECK(says(bound.error(), "cannot listen at 127.0.0.1:" + std::to_string(taken.port) + ": "));
}

TEST_CASE("node: a purge is reported later, never inside the call") {
  Fixture f;
  f.node.apply_routes(routes_to(1));
  int told = 0;
  const auto hear = [&](bool good) {
    return [&, good](const Result<PurgeOutcome>& outcome) {
      CHECK(outcome.has_value() == good);
      if (++told == 2) f.loop.stop();
    };
  };
  f.node.purge({PurgeSpec::Kind::Everything, {}}, hear(true));
  f.node.purge({PurgeSpec::Kind::Url, "nonsense"}, hear(false));
  CHECK(told == 0);
  f.loop.run();
  CHECK(told == 2);
}

}  // namespace
}  // namespace atl::edge
