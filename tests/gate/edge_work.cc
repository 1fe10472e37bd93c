// A node with one worker, an origin behind it and one client, in one process, for counting the
// instructions of a request: gate.py runs this under callgrind, which collects inside
// Loop::run() only, and that is the worker's thread. The client asks for one thing at a time over
// one connection, so the worker's turns are always the same.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "edge/edge_node.h"
#include "lib/rpc/exchange_server.h"
#include "origin/config.h"
#include "origin/service.h"
#include "origin/sources/build.h"

namespace atl::gate {
namespace {

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "edge_work: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

struct Work {
  std::string_view kind;  // "hot", "distinct", "miss"
  uint64_t requests = 0;  // to be counted
  uint64_t fields = 0;    // more of them in each request: an edge that has more to do
  static constexpr uint64_t kObjects = 200;  // of "distinct"
};

// The synthetic source behind gRPC.
class Origin {
 public:
  Origin() {
    origin::Config config;
    config.sources.push_back({.name = "site", .options = origin::SyntheticOptions{}});
    if (!build_sources(config, world_, service_).empty()) give_up("the origin has no source");
    auto server = rpc::ExchangeServer::start({.listen = "127.0.0.1:0"}, service_);
    if (!server) give_up(server.error());
    server_ = std::move(*server);
  }
  uint16_t port() const { return server_->port(); }

 private:
  origin::SourceWorld world_{1};
  origin::Service service_;
  std::unique_ptr<rpc::ExchangeServer> server_;
};

edge::Config node_config() {
  edge::Config config;
  config.pop = "fra";
  config.listen = {"127.0.0.1:0"};
  config.cache_memory = 64_MiB;
  config.retained = 8_MiB;
  return config;
}

std::shared_ptr<const edge::RouteTable> routes_to(uint16_t origin) {
  edge::RouteConfig config;
  config.version = 1;
  config.origins = {
      {.id = "o", .endpoint = "127.0.0.1:" + std::to_string(origin), .source = "site"}};
  config.origin_groups = {{.id = "g", .origins = {"o"}, .failover_statuses = {}}};
  config.distributions = {
      {.id = "d", .hosts = {"*"}, .behaviours = {{.path_pattern = "*", .origin_group = "g"}}}};
  return *edge::RouteTable::build(std::move(config));
}

class Client {
 public:
  Client(uint16_t port, uint64_t fields) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
      give_up("nobody listens");
    }
    // What a browser sends.
    rest_ =
        " HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
        "Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "Referer: http://www.example.org/\r\nConnection: keep-alive\r\n";
    for (uint64_t i = 0; i < fields; ++i) rest_ += "X-More-" + std::to_string(i) + ": work\r\n";
    rest_ += "\r\n";
  }
  ~Client() { ::close(socket_); }

  // Whether the answer is 200.
  bool get(uint64_t object) {
    const std::string request = "GET /object/" + std::to_string(object) + "?size=1024" + rest_;
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      give_up("the node hung up");
    }
    std::string answer;
    size_t whole = std::string::npos;
    while (answer.size() < whole) {
      char buffer[8192];
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) give_up("the node hung up");
      answer.append(buffer, static_cast<size_t>(got));
      if (whole == std::string::npos) whole = size_of(answer);
    }
    return answer.starts_with("HTTP/1.1 200 ");
  }

 private:
  // Of head and body; npos: not known yet.
  static size_t size_of(std::string_view answer) {
    const size_t end = answer.find("\r\n\r\n");
    if (end == std::string_view::npos) return end;
    constexpr std::string_view kName = "Content-Length: ";
    const size_t field = answer.find(kName);
    if (field == std::string_view::npos || field > end) give_up("an answer without a length");
    size_t body = 0;
    std::from_chars(answer.data() + field + kName.size(), answer.data() + end, body);
    return end + 4 + body;
  }

  const int socket_;
  std::string rest_;
};

void check_counts(edge::EdgeNode& node, const edge::NodeStatistics& before, const Work& work) {
  const edge::NodeStatistics after = node.statistics();
  const uint64_t hits = after.hits - before.hits;
  const uint64_t misses = after.misses - before.misses;
  const bool right = work.kind == "miss" ? misses == work.requests && hits == 0
                                         : hits == work.requests && misses == 0;
  if (!right) {
    give_up(std::to_string(hits) + " hits and " + std::to_string(misses) + " misses among " +
            std::to_string(work.requests) + " requests of \"" + std::string(work.kind) + "\"");
  }
}

int run(const Work& work) {
  const SystemClock clock;
  net::Loop control;
  Origin origin;
  edge::EdgeNode node(control, node_config(), clock, nullptr);
  const auto bound = node.start(nullptr);
  if (!bound) give_up(bound.error());
  node.apply_routes(routes_to(origin.port()));
  Client client(bound->plain.at(0).port, work.fields);

  const uint64_t objects = work.kind == "distinct" ? Work::kObjects : 1;
  // Everything once: the routes arrive, the connection to the origin is made, the cache is filled,
  // memory that is used again and again is there. Then once more, as hits.
  while (!client.get(0)) {
  }
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 0; i < objects; ++i) {
      if (!client.get(i)) give_up("not filled");
    }
  }
  const edge::NodeStatistics before = node.statistics();
  for (uint64_t i = 0; i < work.requests; ++i) {
    const uint64_t object = work.kind == "miss" ? 1'000'000 + i : i * 7 % objects;
    if (!client.get(object)) give_up("not 200");
  }
  check_counts(node, before, work);
  return 0;
}

uint64_t number(const char* text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
  if (error != std::errc{} || *end != 0) give_up(std::string("not a number: ") + text);
  return value;
}

}  // namespace
}  // namespace atl::gate

int main(int argc, char** argv) {
  using namespace atl::gate;
  if (argc != 4) give_up("usage: edge_work hot|distinct|miss REQUESTS MORE_FIELDS");
  const Work work{argv[1], number(argv[2]), number(argv[3])};
  if (work.kind != "hot" && work.kind != "distinct" && work.kind != "miss") {
    give_up("no such work: " + std::string(work.kind));
  }
  return run(work);
}
