#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace atl::dns {

struct ServerOptions {
  std::vector<std::string> listen;  // "host:port", numeric; each for UDP and TCP
  unsigned threads = 1;
  uint32_t rate_limit = 0;       // answers a second to one network; 0: no limit
  size_t tcp_connections = 256;  // of a thread
  std::chrono::milliseconds tcp_idle{10'000};
  bool operator==(const ServerOptions&) const = default;
};

}  // namespace atl::dns
