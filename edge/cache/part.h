#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/cache/range.h"
#include "edge/cache/validation.h"
#include "edge/cache/view.h"

namespace atl::cache {

// Decisions on partial responses: what to ask for, what a 206 may be used for, which parts belong
// together (RFC 9110 sections 14 and 15.3.7, RFC 9111 sections 3.3 and 3.4).

// The validator by which parts of one representation are told to belong together (RFC 9110 sections
// 8.8.1 and 8.8.3): a strong entity tag; without any entity tag a Last-Modified that is strong in
// the sense of section 8.8.2.2. It is also the one that may stand in If-Range (section 13.1.5).
// False: there is none, and no two parts may be combined.
struct StrongValidator {
  std::string_view value;
  bool is_date = false;
  explicit operator bool() const { return !value.empty(); }
};
StrongValidator strong_validator(const StoredView& of);

// Of a 200 or 206 in arrival. Views of `fields`.
StoredView validators_in(http::Fields fields);

// Both have the same strong validator (section 15.3.7.3).
bool same_representation(const StoredView& a, const StoredView& b);

// Why a 206 is, or is not, the part it should be. Each has one name, for Cache-Status and the log.
enum class PartReason : uint8_t {
  Accepted,
  Unasked,         // the request had no Range (section 15.3.7: there is nothing it could answer)
  Multipart,       // several parts to a request for one (section 15.3.7.2 forbids that)
  NoContentRange,  // none, more than one, or one that makes no sense (section 14.4)
  SizeUnknown,     // "bytes 0-9/*": no part of a representation whose size we could tell anybody
  OtherRange,      // other bytes than were asked for
  Length,          // Content-Length and Content-Range contradict each other
  OtherSize,       // the representation has another size than the stored one
  OtherValidator,  // not the strong validator of what is stored
};
std::string_view to_string(PartReason reason);

struct PartDecision {
  PartReason reason = PartReason::Unasked;
  ByteRange range;  // Accepted: the bytes that follow
  ByteRange named;  // Accepted: as Content-Range has them; more than follow where PartFacts says so
  uint64_t size = 0;  // Accepted: of the whole representation
  bool accepted() const { return reason == PartReason::Accepted; }
};

// What a 206 is held against.
struct PartFacts {
  const RangeSpec* asked = nullptr;  // the one range that was sent; null: none
  // The client's own range was sent, and the 206 is passed on to it whatever it contains. Then a
  // part is what its Content-Range says, although that is not what was asked for; and without a
  // strong validator, so that it can never be combined with anything, the body may end before the
  // part does.
  bool exact = false;
  std::optional<uint64_t> body_length;  // Content-Length; absent: not known
  const StoredView* stored = nullptr;   // what it should be a part of; null: nothing yet
  uint64_t stored_size = 0;
};
PartDecision judge_part(const ResponseView& response, const PartFacts& facts);

// The fields of the 200 that a 206 is a part of: all but Content-Range and Content-Length. Views of
// `part`.
std::vector<http::Field> fields_of_whole(http::Fields part);

// ---- Blocks: `block` is their size in bytes; each begins at a multiple of it --------------------

uint64_t block_start(uint64_t offset, uint64_t block);
// The block around `offset` < `size`, cut at the end of the representation.
ByteRange block_around(uint64_t offset, uint64_t block, uint64_t size);

// What has to be fetched so that `offset` is known: the rest of its block, on the side of `stored`
// on which it lies. `stored`: the stretch that is known in that block, without `offset`.
ByteRange missing_around(uint64_t offset, const ByteRange& in_block,
                         const std::optional<ByteRange>& stored);

// The same as a range to send: open when it reaches the end of the representation.
RangeSpec ask_for(const ByteRange& range, uint64_t size);

// The first request for a representation of which nothing is known, not even its size: the block of
// the first byte that `wanted` names. A suffix is asked for as such, a block at most; one that is
// no longer than that is the client's own range (PartFacts::exact). Nothing for ranges so far out
// that no block has room there.
struct FirstAsk {
  RangeSpec spec;
  bool exact = false;
};
std::optional<FirstAsk> first_ask(const RangeSpec& wanted, uint64_t block);

// Two stretches of one block, where one contiguous stretch is kept: the union if they touch, else
// the longer one.
enum class Join : uint8_t {
  Old,         // the new one adds nothing, or less than is there
  New,         // the old one adds nothing, or less
  OldThenNew,  // new bytes behind the old ones
  NewThenOld,  // new bytes before the old ones
};
Join join_stretches(const ByteRange& old, const ByteRange& fresh);

}  // namespace atl::cache
