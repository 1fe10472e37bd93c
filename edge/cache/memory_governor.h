#pragma once

#include <cstdint>

namespace atl::cache {

// What the process takes beyond what the store counts: holes between objects of different sizes,
// and free pages that the allocator has not given back yet. The store's own count is exact, but the
// kernel's matters: this decides how much of the capacity the store must leave unused so that both
// together stay within it, give or take kSlack.
struct MemoryReading {
  uint64_t capacity = 0;   // of the store
  uint64_t allocated = 0;  // bytes in use, as the allocator counts them
  uint64_t resident = 0;   // bytes of anonymous memory that the process has
};

class MemoryGovernor {
 public:
  // The allocator may take this share of the capacity beyond what is in use. It always has some
  // free pages at hand; taking them from it costs page faults on the next miss.
  static constexpr uint64_t kSlack = 20;              // 1/20
  static constexpr uint64_t kLeastSlack = 16u << 20;  // in a small cache
  // Steps per reading. Up in large ones: memory that is taken is taken. Down in smaller ones.
  static constexpr uint64_t kStepUp = 32;    // 1/32 of the capacity
  static constexpr uint64_t kStepDown = 64;  // 1/64
  // Never withheld more than this share: when holes take more, an empty cache would not help.
  static constexpr uint64_t kMost = 2;  // 1/2

  // True: the allocator should give its free pages back first, then be read again.
  static bool wants_release(const MemoryReading& now);
  // Takes a reading; returns the bytes of capacity to withhold from the store from now on.
  uint64_t decide(const MemoryReading& now);

 private:
  uint64_t withheld_ = 0;
};

}  // namespace atl::cache
