#pragma once

#include <netinet/in.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "tests/stress/truth.h"

namespace atl::stress {

// Purges through the control plane's interface, one after the other, on a thread of its own, and
// raises the catalogue's floors when every node has acknowledged.
class Purger {
 public:
  struct Options {
    sockaddr_in control{};
    uint32_t seed = 1;
    std::chrono::milliseconds pause{100};  // between two
  };
  Purger(Catalogue& catalogue, const Options& options);
  ~Purger() { stop(); }
  Purger(const Purger&) = delete;
  Purger& operator=(const Purger&) = delete;

  void stop();
  uint64_t done() const { return done_; }
  // Refused by the control plane, or not acknowledged within 20 seconds.
  uint64_t failed() const { return failed_; }

 private:
  void run();
  bool purge(const std::string& what);
  std::optional<std::string> exchange(const std::string& request) const;

  Catalogue& catalogue_;
  const Options options_;
  std::mt19937 random_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> done_{0};
  std::atomic<uint64_t> failed_{0};
  std::thread thread_;
};

}  // namespace atl::stress
