#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "lib/base/byte_size.h"

namespace atl::server {

// What a client may ask of one connection. Every limit has a status with which its breach is
// answered.
struct Limits {
  ByteSize request_line = 8_KiB;                 // 414
  ByteSize head = 32_KiB;                        // request line and fields together; 431
  uint32_t fields = 128;                         // 431
  ByteSize body = 1_GiB;                         // 413
  std::chrono::milliseconds head_time{10'000};   // first byte to end of head; 408
  std::chrono::milliseconds body_idle{30'000};   // between two reads of a body; 408
  std::chrono::milliseconds keep_alive{60'000};  // idle between requests; closed without a word
  std::chrono::milliseconds write_idle{30'000};  // client takes nothing while bytes wait; reset
  uint32_t connections = 100'000;                // per server; beyond it, accepting pauses
  uint32_t requests_per_connection = 0;          // 0: no limit
};

}  // namespace atl::server
