#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace atl::server {

// Counts since the server was made; plain integers of the loop's thread.
struct Statistics {
  uint64_t accepted = 0;     // connections
  uint64_t connections = 0;  // open now
  uint64_t requests = 0;     // heads handed to the application
  uint64_t in_flight = 0;    // exchanges in progress now
  uint64_t timed_out = 0;    // connections ended by a deadline; idle ones do not count
  // Answered by the server itself, by status: refused[status - 400].
  std::array<uint64_t, 200> refused{};

  void count_refusal(uint16_t status) {
    if (status >= 400 && status < 400 + refused.size()) ++refused[status - 400U];
  }
  uint64_t refused_with(uint16_t status) const {
    return status >= 400 && status < 400 + refused.size() ? refused[status - 400U] : 0;
  }
  uint64_t refused_total() const {
    uint64_t sum = 0;
    for (const uint64_t count : refused) sum += count;
    return sum;
  }
};

}  // namespace atl::server
