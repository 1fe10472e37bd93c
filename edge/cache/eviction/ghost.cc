#include "edge/cache/eviction/ghost.h"

#include <algorithm>
#include <bit>

namespace atl::cache {

size_t GhostTable::buckets_for(uint32_t count) {
  return count == 0 ? 0 : std::bit_ceil(std::max(count, kFewest)) / kWays;
}

size_t GhostTable::memory_for(uint32_t count) { return buckets_for(count) * sizeof(Bucket); }

// Empties first: old and new table together would be more than memory_for() declares, and moving
// the prints would hold the shard's lock.
void GhostTable::resize(uint32_t count) {
  const size_t wanted = buckets_for(count);
  if (wanted <= buckets_.size()) return;
  buckets_ = {};
  buckets_ = std::vector<Bucket>(wanted, Bucket{});
}

GhostTable::Bucket& GhostTable::bucket_of(uint32_t print) {
  return buckets_[(print * 0x9E3779B97F4A7C15ULL >> 32) & (buckets_.size() - 1)];
}

void GhostTable::remember(uint32_t print) {
  if (buckets_.empty()) return;
  Bucket& bucket = bucket_of(print);
  std::shift_right(bucket.begin(), bucket.end(), 1);
  bucket[0] = print;
}

bool GhostTable::take(uint32_t print) {
  if (buckets_.empty()) return false;
  Bucket& bucket = bucket_of(print);
  const auto found = std::find(bucket.begin(), bucket.end(), print);
  if (found == bucket.end()) return false;
  std::shift_left(found, bucket.end(), 1);
  bucket[kWays - 1] = 0;
  return true;
}

}  // namespace atl::cache
