#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "edge/cache/part.h"
#include "edge/cache/store.h"

namespace atl::cache {

// Incomplete representations in a store (docs/adr/0007). One is an *outline*, filed where the whole
// response would be, and *pieces*: for each block at most one contiguous stretch of bytes, an entry
// of its own that is evicted on its own, found by the outline's number and the block. So a piece
// belongs to exactly one representation for ever: when the outline is replaced or purged its pieces
// cannot be found any more, and age out. An outline's number is never 0, a whole's that was never
// in pieces is.
//
// Any thread; as cheap to make as two references.
class Parts {
 public:
  // `block`: bytes, > 0, the same for all users of a store.
  Parts(Store& store, uint64_t block) : store_(store), block_(block) {}

  // Bytes [first, last] of a representation, kept alive.
  struct Stretch {
    Pin object;
    uint64_t first = 0;
    uint64_t last = 0;
    explicit operator bool() const { return static_cast<bool>(object); }
    // From `offset` on, as much as lies in one piece of memory.
    std::string_view at(uint64_t offset) const;
  };
  // Where the byte at `offset` lies; false: it is not stored. Counts as a hit. Never allocates.
  Stretch find(const Object& outline, uint64_t offset);
  // The first byte of `range` that is not stored.
  std::optional<uint64_t> first_missing(const Object& outline, ByteRange range) const;
  // What to fetch so that the byte at `offset`, which is not stored, gets known.
  ByteRange missing(const Object& outline, uint64_t offset) const;

  // An outline for this response, with the number of the outline that is stored in its place if it
  // is of the same representation. Not stored yet. `source`: as for a whole response, with `size`.
  Result<Pin> outline_for(ObjectSource source);
  // False, and nothing is stored, where the whole of the same representation is.
  bool store_outline(Pin outline);

  // Keeps bytes from `first` on. Nothing when the store holds another outline in this one's place,
  // or none: then they would never be found.
  void keep(const Object& outline, uint64_t first, const std::vector<SegmentRef>& bytes);
  // The whole response, when every byte is stored and it is no larger than `largest`; null
  // otherwise. It is not stored yet; its pieces are.
  Pin assemble(const Object& outline, uint64_t largest) const;
  // Stores what assemble() gave and lets go of its pieces, whose bytes it shares.
  bool store_whole(Pin whole);

 private:
  bool is_current(const Object& outline) const;
  Pin piece(const Object& outline, uint64_t block_first) const;
  void keep_in_block(const Object& outline, ByteRange range, std::vector<SegmentRef> bytes);

  Store& store_;
  const uint64_t block_;
};

}  // namespace atl::cache
