#pragma once

#include <atomic>
#include <cstdint>

namespace atl::edge {

// Bounds the bytes that all transfers together keep for late readers and for storing. Any thread.
class RetentionBudget {
 public:
  explicit RetentionBudget(uint64_t bytes) : left_(bytes), total_(bytes) {}

  // False: no room; nothing was taken.
  bool take(uint64_t bytes) {
    uint64_t left = left_.load(std::memory_order_relaxed);
    do {
      if (left < bytes) return false;
    } while (!left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed));
    return true;
  }
  void give_back(uint64_t bytes) { left_.fetch_add(bytes, std::memory_order_relaxed); }
  uint64_t used() const { return total_ - left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> left_;
  const uint64_t total_;
};

}  // namespace atl::edge
