#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atl::bench {

// Which object each request asks for.
enum class Order : uint8_t {
  Same,      // always the first
  Random,    // uniformly
  Sequence,  // one after the other, from the first; every request another until they are used up
};

struct Options {
  std::string host = "127.0.0.1";  // IPv4 address
  uint16_t port = 0;
  std::string prefix = "/";  // a path is prefix, number, suffix
  std::string suffix;
  uint64_t first = 0;
  uint64_t distinct = 1;
  Order order = Order::Same;
  uint32_t connections = 64;
  double seconds = 5;
  uint64_t requests = 0;  // stop after so many; 0: when the time is over
  double rate = 0;     // requests a second, open loop; 0: each connection asks when it was answered
  bool close = false;  // a new connection for every request
};

// Makes the requests, as bytes. Deterministic: the same options give the same order.
class Plan {
 public:
  explicit Plan(const Options& options);

  // The bytes of the next request; valid until the next call.
  std::string_view next();
  uint64_t made() const { return made_; }

 private:
  uint64_t pick();

  const Options& options_;
  std::string tail_;  // everything behind the path
  std::string buffer_;
  uint64_t made_ = 0;
  uint64_t state_ = 0x9e3779b97f4a7c15;
};

}  // namespace atl::bench
