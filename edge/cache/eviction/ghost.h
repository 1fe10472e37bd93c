#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace atl::cache {

// Remembers the hashes of what was evicted lately, without the entries: buckets of kWays prints, in
// which the newest overwrites the oldest. At least as many as there are handles, at most twice
// that. Two hashes may share a print: then take() is wrong, and an entry waits in another queue, no
// more. Not synchronised.
class GhostTable {
 public:
  static constexpr unsigned kPrintBits = 28;
  static constexpr uint32_t kPrintMask = (1U << kPrintBits) - 1;
  // Never 0, which marks an empty place.
  static uint32_t print(uint64_t hash) {
    return (static_cast<uint32_t>(hash >> 16) & kPrintMask) | 1U;
  }

  // To hold more, forgets everything: a cache that still grows has evicted little.
  void resize(uint32_t count);
  // Bytes it takes for `count` handles.
  static size_t memory_for(uint32_t count);
  void remember(uint32_t print);
  // Was it remembered? Forgets it.
  bool take(uint32_t print);

 private:
  static constexpr size_t kWays = 8;
  static constexpr uint32_t kFewest = 256;
  using Bucket = std::array<uint32_t, kWays>;  // newest first

  static size_t buckets_for(uint32_t count);
  Bucket& bucket_of(uint32_t print);

  std::vector<Bucket> buckets_;
};

}  // namespace atl::cache
