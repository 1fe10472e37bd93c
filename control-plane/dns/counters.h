#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "control-plane/dns/responder.h"

namespace atl::dns {

// What one thread counts. It alone writes; any thread may read.
class Counter {
 public:
  void add(uint64_t more = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct Counters {
  std::array<Counter, kReasons> udp;  // queries, by what became of them
  std::array<Counter, kReasons> tcp;
  Counter truncated;     // answers
  Counter limited;       // of them and of those not sent, by the rate
  Counter tcp_accepted;  // connections
  Counter tcp_given_up;  // for their silence, or to make room
  Counter udp_too_long;  // datagrams
  Counter udp_unsent;    // answers that the kernel did not take
};

}  // namespace atl::dns
