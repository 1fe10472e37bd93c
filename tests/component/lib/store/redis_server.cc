#include "tests/component/lib/store/redis_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace atl::store::testing {
namespace {

std::string text_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "nil";
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (size_t i = 0; i < reply.elements; ++i) lines += text_of(*reply.element[i]) + "\n";
      return lines;
    }
    default:
      return {reply.str, reply.len};
  }
}

}  // namespace

uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(socket);
  return ntohs(address.sin_port);
}

void wait_for(const char* what, const std::function<bool()>& done) {
  for (int tries = 0; tries < 1500; ++tries) {
    if (done()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  FAIL(what);
}

RedisServer::RedisServer(const ScratchDirectory& scratch, const std::vector<std::string>& settings,
                         bool sentinel)
    : sentinel_(sentinel) {
  const std::string name = std::to_string(port_);
  const std::string directory = scratch.file(name);
  std::filesystem::create_directory(directory);
  std::string lines = "port " + name + "\nbind 127.0.0.1\ndir " + directory + "\ndaemonize no\n";
  if (!sentinel) lines += "save \"\"\nenable-debug-command yes\n";
  for (const std::string& line : settings) lines += line + "\n";
  scratch.write(name + ".conf", lines);
  config_ = scratch.file(name + ".conf");
  log_ = scratch.file(name + ".log");
  start();
}

void RedisServer::start() {
  std::vector<std::string> command = {"redis-server", config_};
  if (sentinel_) command.emplace_back("--sentinel");
  child_ = std::make_unique<Child>(command, log_);
  wait_for("redis-server does not answer", [&] {
    REQUIRE(child_->running());
    const std::string answer = ask({"PING"});
    return answer == "PONG" || answer.starts_with("-NOAUTH");
  });
}

std::string RedisServer::ask(const std::vector<std::string>& words) const {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> context(
      redisConnectWithTimeout("127.0.0.1", port_, {1, 0}), redisFree);
  if (context == nullptr || context->err != 0) return {};
  redisSetTimeout(context.get(), {2, 0});
  std::vector<const char*> argv;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<redisReply, void (*)(void*)> reply(
      static_cast<redisReply*>(redisCommandArgv(context.get(), static_cast<int>(words.size()),
                                                argv.data(), sizes.data())),
      freeReplyObject);
  return reply == nullptr ? std::string() : text_of(*reply);
}

RedisCluster::RedisCluster(const ScratchDirectory& scratch,
                           const std::vector<std::string>& settings) {
  std::vector<uint16_t> buses;
  for (uint16_t i = 0; i < 3; ++i) {
    buses.push_back(free_port());
    std::vector<std::string> all = {"cluster-enabled yes", "cluster-config-file nodes.conf",
                                    "cluster-node-timeout 2000",
                                    "cluster-port " + std::to_string(buses.back())};
    all.insert(all.end(), settings.begin(), settings.end());
    nodes_.push_back(std::make_unique<RedisServer>(scratch, all));
    const auto last = i == 2 ? 16383 : (i + 1) * kShare - 1;
    REQUIRE(nodes_[i]->ask({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}) == "OK");
    REQUIRE(nodes_[i]->ask({"CLUSTER", "ADDSLOTSRANGE", std::to_string(i * kShare),
                            std::to_string(last)}) == "OK");
  }
  for (size_t i = 1; i < 3; ++i)
    REQUIRE(nodes_[0]->ask({"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[i]->port()),
                            std::to_string(buses[i])}) == "OK");
  wait_for("the cluster does not come together", [&] {
    for (const auto& node : nodes_) {
      const std::string info = node->ask({"CLUSTER", "INFO"});
      if (info.find("cluster_state:ok") == std::string::npos ||
          info.find("cluster_known_nodes:3") == std::string::npos)
        return false;
    }
    return true;
  });
}

}  // namespace atl::store::testing
