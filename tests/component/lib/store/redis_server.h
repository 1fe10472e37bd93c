#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/endpoint.h"
#include "tests/component/lib/store/child.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {

// A port of 127.0.0.1 that nobody had a moment ago.
uint16_t free_port();

// Asks until `done`, for at most half a minute; then the test fails.
void wait_for(const char* what, const std::function<bool()>& done);

// A redis-server of its own on 127.0.0.1, with its files in `scratch`. Ready when it is made; dies,
// by SIGKILL, with this object.
class RedisServer {
 public:
  // `settings`: lines of its configuration, besides port and directory.
  RedisServer(const ScratchDirectory& scratch, const std::vector<std::string>& settings,
              bool sentinel = false);

  uint16_t port() const { return port_; }
  net::Endpoint endpoint() const { return {"127.0.0.1", port_}; }

  void kill() { child_->kill(); }
  void pause() { child_->pause(); }
  void carry_on() { child_->carry_on(); }
  void start();  // again, after kill()

  // Asks it, blocking. Everything that is answered, as text: elements of arrays in lines; an error
  // begins with "-"; empty without a server.
  std::string ask(const std::vector<std::string>& words) const;

 private:
  const uint16_t port_ = free_port();
  bool sentinel_;
  std::string config_;
  std::string log_;
  std::unique_ptr<Child> child_;
};

// Three masters with a third of the slots each, which know one another.
class RedisCluster {
 public:
  explicit RedisCluster(const ScratchDirectory& scratch,
                        const std::vector<std::string>& settings = {});

  RedisServer& node(size_t index) { return *nodes_[index]; }
  std::string id(size_t index) const { return nodes_[index]->ask({"CLUSTER", "MYID"}); }
  static size_t owner(uint16_t slot) { return slot / kShare < 3 ? slot / kShare : 2; }

 private:
  static constexpr uint16_t kShare = 5461;
  std::vector<std::unique_ptr<RedisServer>> nodes_;
};

}  // namespace atl::store::testing
