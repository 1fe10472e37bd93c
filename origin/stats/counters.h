#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atl::origin {

// How an exchange ended; each counts in exactly one.
enum class Ending : uint8_t {
  Informed,     // 2xx
  Redirected,   // 3xx
  ClientError,  // 4xx
  ServerError,  // 5xx
  Failed,       // no head: the edge was told why
  CutOff,       // failed after its head
  Abandoned,    // nobody waited for the end any more, or not so long
};
inline constexpr size_t kEndings = 7;
std::string_view to_string(Ending ending);
// Of a complete answer.
Ending ending_of(uint16_t status);

// What a source did. Any thread, without locks: an exchange passes from thread to thread.
struct SourceCounters {
  // Upper bounds of the time to the head, and beyond all of them.
  static constexpr std::array<std::chrono::microseconds, 12> kBounds = {
      std::chrono::microseconds(500),       std::chrono::microseconds(1'000),
      std::chrono::microseconds(2'500),     std::chrono::microseconds(5'000),
      std::chrono::microseconds(10'000),    std::chrono::microseconds(25'000),
      std::chrono::microseconds(50'000),    std::chrono::microseconds(100'000),
      std::chrono::microseconds(250'000),   std::chrono::microseconds(500'000),
      std::chrono::microseconds(1'000'000), std::chrono::microseconds(5'000'000)};

  std::atomic<uint64_t> begun{0};
  std::array<std::atomic<uint64_t>, kEndings> ended{};
  std::atomic<uint64_t> sent_bytes{0};                                 // of bodies
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> head_times{};  // not cumulative
  std::atomic<uint64_t> head_time_sum_us{0};

  void head_after(std::chrono::nanoseconds time);
};

}  // namespace atl::origin
