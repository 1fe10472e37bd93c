#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/clock.h"

namespace atl::cache {

// Keys whose last response could not be stored, by hash, until a time. A set-associative table of
// fixed size: a new mark takes the place of the one in its set that ends first. Not synchronised.
class UncacheableMarks {
 public:
  static constexpr size_t kWays = 4;

  // Room for about `marks`, rounded up to whole sets and a power of two.
  explicit UncacheableMarks(size_t marks);

  void mark(uint64_t hash, WallTime until);
  bool marked(uint64_t hash, WallTime now) const;
  void unmark(uint64_t hash);

  size_t memory() const { return entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    uint64_t hash = 0;
    WallTime until{};  // the epoch: never set
  };
  size_t set_of(uint64_t hash) const { return (hash & mask_) * kWays; }

  std::vector<Entry> entries_;
  uint64_t mask_;
};

}  // namespace atl::cache
