#include "edge/cache/uncacheable.h"

#include <algorithm>
#include <bit>

namespace atl::cache {

UncacheableMarks::UncacheableMarks(size_t marks)
    : entries_(std::bit_ceil(std::max(marks, kWays))), mask_(entries_.size() / kWays - 1) {}

void UncacheableMarks::mark(uint64_t hash, WallTime until) {
  Entry* const set = &entries_[set_of(hash)];
  Entry* place = set;
  for (size_t i = 0; i < kWays; ++i) {
    if (set[i].hash == hash) {
      place = &set[i];
      break;
    }
    if (set[i].until < place->until) place = &set[i];
  }
  *place = {hash, until};
}

bool UncacheableMarks::marked(uint64_t hash, WallTime now) const {
  const Entry* const set = &entries_[set_of(hash)];
  return std::any_of(set, set + kWays,
                     [&](const Entry& e) { return e.hash == hash && now < e.until; });
}

void UncacheableMarks::unmark(uint64_t hash) {
  Entry* const set = &entries_[set_of(hash)];
  for (size_t i = 0; i < kWays; ++i) {
    if (set[i].hash == hash) set[i] = {};
  }
}

}  // namespace atl::cache
