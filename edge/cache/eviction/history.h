#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// How often what left lately had been asked for, by hash: buckets of kWays places, in which the
// newest overwrites the oldest. Two hashes may share a place (one in two million): then an entry is
// taken for a more popular one, no more. Not synchronised.
class History {
 public:
  // Enough places to learn from in a small cache, at most 1/256 of its bytes; for each shard.
  static uint32_t fewest_for(PolicySpace space);
  // At least `fewest` places, a power of two.
  explicit History(uint32_t fewest);

  // To hold more, forgets everything: a cache that still grows has evicted little.
  void resize(uint32_t count);
  // Bytes it takes for `count` handles: 4 for each place, of which there are one to two times as
  // many.
  size_t memory_for(uint32_t count) const;
  // `tag`: the low half of a hash.
  void remember(uint32_t tag, uint8_t count);
  // What was remembered, 0 for nothing. Forgets it.
  uint8_t take(uint32_t tag);

 private:
  static constexpr size_t kWays = 8;
  using Bucket = std::array<uint32_t, kWays>;  // newest first; 24 bits of the hash, 8 of the count

  size_t buckets_for(uint32_t count) const;
  static uint32_t print(uint32_t tag) { return tag & ~uint32_t{UINT8_MAX}; }
  Bucket& bucket_of(uint32_t tag);

  uint32_t fewest_;
  std::vector<Bucket> buckets_;
};

}  // namespace atl::cache
