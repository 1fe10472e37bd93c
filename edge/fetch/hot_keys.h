#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace atl::edge {

// Which of the keys that belong to a sibling are asked for so often that a copy is kept here too. A
// sketch of counters, halved now and then; two keys in one counter make one of them look hotter
// than it is, which costs a copy and nothing else. Any thread.
class HotKeys {
 public:
  static constexpr uint8_t kHot = 3;                      // fetches from the sibling
  static constexpr size_t kCounters = 16384;              // bytes
  static constexpr uint32_t kHalveEvery = 4 * kCounters;  // touches

  // Counts one; whether it is hot now. `hash`: of the key, well mixed.
  bool touch(uint64_t hash) {
    if (touches_.fetch_add(1, std::memory_order_relaxed) % kHalveEvery == kHalveEvery - 1) halve();
    std::atomic<uint8_t>& counter = counters_[hash % kCounters];
    const uint8_t count = counter.load(std::memory_order_relaxed);
    if (count < UINT8_MAX) counter.store(count + 1, std::memory_order_relaxed);
    return count + 1 >= kHot;
  }

 private:
  void halve() {
    for (std::atomic<uint8_t>& counter : counters_) {
      counter.store(counter.load(std::memory_order_relaxed) / 2, std::memory_order_relaxed);
    }
  }

  std::array<std::atomic<uint8_t>, kCounters> counters_{};
  std::atomic<uint32_t> touches_{0};
};

}  // namespace atl::edge
