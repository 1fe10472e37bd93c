#include "edge/cache/eviction/history.h"

#include <algorithm>
#include <bit>

namespace atl::cache {

uint32_t History::fewest_for(PolicySpace space) {
  constexpr uint64_t kBytesForPlace = 1024;
  const uint64_t share = space.capacity / std::max(space.shards, 1U) / kBytesForPlace;
  return std::bit_floor(static_cast<uint32_t>(std::clamp<uint64_t>(share, 64, 4096)));
}

History::History(uint32_t fewest) : fewest_(fewest) { resize(0); }

size_t History::buckets_for(uint32_t count) const {
  return std::bit_ceil(std::max(count, fewest_)) / kWays;
}

size_t History::memory_for(uint32_t count) const { return buckets_for(count) * sizeof(Bucket); }

// Empties first: old and new table together would be more than memory_for() declares, and moving
// the places would hold the shard's lock.
void History::resize(uint32_t count) {
  const size_t wanted = buckets_for(count);
  if (wanted <= buckets_.size()) return;
  buckets_ = {};
  buckets_ = std::vector<Bucket>(wanted, Bucket{});
}

// By all bits of the tag, mixed, so that the 24 that tell places apart say something new.
History::Bucket& History::bucket_of(uint32_t tag) {
  return buckets_[(tag * 0x9E3779B97F4A7C15ULL >> 32) & (buckets_.size() - 1)];
}

void History::remember(uint32_t tag, uint8_t count) {
  Bucket& bucket = bucket_of(tag);
  std::shift_right(bucket.begin(), bucket.end(), 1);
  bucket[0] = print(tag) | count;
}

uint8_t History::take(uint32_t tag) {
  Bucket& bucket = bucket_of(tag);
  const auto found = std::find_if(bucket.begin(), bucket.end(), [tag](uint32_t place) {
    return print(place) == print(tag) && (place & UINT8_MAX) != 0;
  });
  if (found == bucket.end()) return 0;
  const auto count = static_cast<uint8_t>(*found & UINT8_MAX);
  std::shift_left(found, bucket.end(), 1);
  bucket[kWays - 1] = 0;
  return count;
}

}  // namespace atl::cache
