#include "lib/synthetic/content.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace atl::synthetic {
namespace {

// FNV-1a, 64 bit: the published constants.
uint64_t hash_name(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

uint64_t little_endian(uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(word);
  return word;
}

constexpr size_t kWord = sizeof(uint64_t);

}  // namespace

Content::Content(std::string_view name) : seed_(hash_name(name)) {}

// splitmix64 at position `index` of its sequence.
uint64_t Content::word(uint64_t index) const {
  uint64_t z = seed_ + (index + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void Content::fill(uint64_t offset, char* out, size_t size) const {
  uint64_t index = offset / kWord;
  const size_t skip = offset % kWord;
  if (skip != 0 && size != 0) {
    const uint64_t first = little_endian(word(index++));
    const size_t part = std::min(size, kWord - skip);
    std::memcpy(out, reinterpret_cast<const char*>(&first) + skip, part);
    out += part;
    size -= part;
  }
  for (; size >= kWord; size -= kWord, out += kWord) {
    const uint64_t value = little_endian(word(index++));
    std::memcpy(out, &value, kWord);
  }
  if (size != 0) {
    const uint64_t last = little_endian(word(index));
    std::memcpy(out, &last, size);
  }
}

size_t Content::matching(uint64_t offset, std::string_view bytes) const {
  std::array<char, 4096> expected;
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t step = std::min(expected.size(), bytes.size() - done);
    fill(offset + done, expected.data(), step);
    if (std::memcmp(expected.data(), bytes.data() + done, step) != 0) {
      const auto [wrong, _] =
          std::mismatch(expected.data(), expected.data() + step, bytes.data() + done);
      return done + static_cast<size_t>(wrong - expected.data());
    }
    done += step;
  }
  return done;
}

}  // namespace atl::synthetic
