#pragma once

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/load/plan.h"

namespace atl::bench {

// One connection, one request at a time. Bodies are dropped inside the kernel (MSG_TRUNC), so that
// the generator is not the limit of what it measures. Answers need a Content-Length.
class Client {
 public:
  enum class State : uint8_t {
    Idle,      // may send()
    Awaiting,  // a request is out
    Answered,  // take() the answer, then Idle
    Broken,    // closed by the peer or malformed; connect() again
  };
  struct Answer {
    int status = 0;
    uint64_t body = 0;
    std::chrono::nanoseconds latency{0};
  };

  Client() = default;
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Blocking on loopback it takes microseconds. `poller`: an epoll descriptor. False: refused.
  bool connect(const sockaddr_in& to, int poller);
  void close();

  // `due`: when the request should have been sent; latency counts from there.
  void send(std::string_view request, std::chrono::steady_clock::time_point due);
  // The descriptor is readable.
  void receive();
  Answer take();
  State state() const { return state_; }

 private:
  void read_head();
  void read_body();
  bool parse_head(size_t end);

  int fd_ = -1;
  State state_ = State::Idle;
  std::array<char, 8192> buffer_{};
  size_t filled_ = 0;
  bool in_body_ = false;
  uint64_t left_ = 0;
  Answer answer_;
  std::chrono::steady_clock::time_point due_{};
};

}  // namespace atl::bench
