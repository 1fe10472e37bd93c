#pragma once

#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control-plane/dns/counters.h"
#include "control-plane/dns/view.h"
#include "control-plane/dns/worker.h"

namespace atl::dns {

// The DNS server: threads that answer from the view published last. Owned by one thread, which
// makes all calls.
class Server {
 public:
  // Whether start() would find its addresses free. The error is a sentence.
  static std::expected<void, std::string> probe(const ServerOptions& options);

  // From its return on questions are answered. The error is a sentence.
  static std::expected<std::unique_ptr<Server>, std::string> start(
      const ServerOptions& options, std::shared_ptr<const View> view);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Questions read from now on are answered from it.
  void publish(const std::shared_ptr<const View>& view);

  // Of every thread.
  std::vector<const Counters*> counters() const;
  // Where it listens: with the ports the kernel chose.
  const std::vector<net::Endpoint>& listening() const { return listening_; }

 private:
  Server() = default;

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::vector<net::Endpoint> listening_;
};

}  // namespace atl::dns
