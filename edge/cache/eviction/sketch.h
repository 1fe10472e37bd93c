#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace atl::cache {

// How often hashes were asked for lately, roughly and never too low but for fading: a count-min
// sketch (Cormode and Muthukrishnan) of four counters of four bits for each hash, all in one word.
// Counts fade by halves: each addition in twenty halves one word, so that no addition pays for all.
// Not synchronised.
class FrequencySketch {
 public:
  // To count more, forgets everything.
  void resize(uint32_t count);
  // 4 to 8 bytes for each handle.
  static size_t memory_for(uint32_t count);
  // `tag`: the low half of a hash.
  void add(uint32_t tag);
  // 0 to 15.
  unsigned estimate(uint32_t tag) const;

 private:
  static constexpr uint32_t kFewest = 256;
  static size_t words_for(uint32_t count);
  size_t word_of(uint32_t tag) const;
  void fade();

  std::vector<uint64_t> words_;  // sixteen counters each
  uint32_t additions_ = 0;
  size_t fading_ = 0;  // the word to be halved next
};

}  // namespace atl::cache
