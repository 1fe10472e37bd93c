#pragma once

#include <bit>
#include <cstdint>

namespace atl::lab {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the result depends on all.
constexpr uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// xoshiro256++ 1.0 (Blackman, Vigna 2019). A generator of our own, for the standard library's
// distributions differ from one library to the next.
class Random {
 public:
  // Streams of one seed are independent of each other.
  Random(uint64_t seed, uint64_t stream) {
    uint64_t x = mix(seed) ^ mix(~stream);
    for (uint64_t& word : state_) word = x = mix(x);
  }

  uint64_t next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // In [0, bound), bound > 0; the bias of 2^-32 * bound is of no account here.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(((next() >> 32) * bound) >> 32); }

 private:
  uint64_t state_[4];
};

}  // namespace atl::lab
