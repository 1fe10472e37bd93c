#include "edge/cache/eviction/sketch.h"

#include <algorithm>
#include <bit>

namespace atl::cache {
namespace {

constexpr unsigned kMost = 15;
constexpr unsigned kRows = 4;
// A sample of ten requests for each of two handles that share a word.
constexpr uint32_t kAdditionsPerFade = 20;

// Row `row` has the counters 4*row to 4*row + 3 of a word.
unsigned shift_of(uint32_t tag, unsigned row) {
  const uint32_t choice = (tag * 0x85EBCA6BU) >> (24 + 2 * row) & 3;
  return 4 * (4 * row + choice);
}

}  // namespace

size_t FrequencySketch::words_for(uint32_t count) {
  return count == 0 ? 0 : std::bit_ceil(std::max(count, kFewest)) / 2;
}

size_t FrequencySketch::memory_for(uint32_t count) { return words_for(count) * sizeof(uint64_t); }

void FrequencySketch::resize(uint32_t count) {
  const size_t wanted = words_for(count);
  if (wanted <= words_.size()) return;
  words_ = {};  // first: both together would be more than memory_for() declares
  words_ = std::vector<uint64_t>(wanted);
  fading_ = 0;
}

size_t FrequencySketch::word_of(uint32_t tag) const {
  return (tag * 0x9E3779B97F4A7C15ULL >> 32) & (words_.size() - 1);
}

void FrequencySketch::add(uint32_t tag) {
  if (words_.empty()) return;
  uint64_t& word = words_[word_of(tag)];
  const unsigned least = estimate(tag);
  if (least < kMost) {  // only the least counters grow: the others count someone else too
    for (unsigned row = 0; row < kRows; ++row) {
      const unsigned shift = shift_of(tag, row);
      if ((word >> shift & kMost) == least) word += uint64_t{1} << shift;
    }
  }
  if (++additions_ % kAdditionsPerFade == 0) fade();
}

unsigned FrequencySketch::estimate(uint32_t tag) const {
  if (words_.empty()) return 0;
  const uint64_t word = words_[word_of(tag)];
  unsigned least = kMost;
  for (unsigned row = 0; row < kRows; ++row) {
    least = std::min(least, static_cast<unsigned>(word >> shift_of(tag, row) & kMost));
  }
  return least;
}

void FrequencySketch::fade() {
  uint64_t& word = words_[fading_];
  word = word >> 1 & 0x7777777777777777ULL;
  fading_ = (fading_ + 1) & (words_.size() - 1);
}

}  // namespace atl::cache
