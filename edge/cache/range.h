#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/view.h"

namespace atl::cache {

// More ranges than this in one request are ignored (RFC 9110 section 14.2 allows it; section 17.15
// says why).
inline constexpr size_t kMaxRanges = 16;

// One range as asked for, before the size is known.
struct RangeSpec {
  enum class Kind : uint8_t { FromTo, From, Suffix };
  Kind kind = Kind::FromTo;
  uint64_t first = 0;  // Suffix: unused
  uint64_t last = 0;   // FromTo: inclusive; Suffix: how many bytes
};

// A parsed Range field. Numbers too large for 64 bits are saturated.
struct RangeSet {
  std::array<RangeSpec, kMaxRanges> specs;
  uint8_t count = 0;
  std::span<const RangeSpec> view() const { return {specs.data(), count}; }
};

enum class RangeReason : uint8_t {
  None,           // no Range
  Method,         // Range means something only for GET (section 14.2)
  Unit,           // a unit other than bytes
  Malformed,      // not a ranges-specifier: ignored
  TooMany,        // above kMaxRanges
  Overlapping,    // more than two overlap, or they add up to more than the whole
  IfRange,        // If-Range did not match: the whole representation (section 13.1.5)
  Satisfied,      // 206
  Unsatisfiable,  // 416
};

// Whether `value` is a byte range set this cache deals with; None stands for success.
RangeReason parse_range(std::string_view value, RangeSet& out);

// The ranges a request asks for. None: they are in `out`, and there is at least one if there is a
// Range field at all. Anything else: why the field is ignored.
RangeReason read_ranges(const RequestView& request, RangeSet& out);

// The value of a Range field with one member: "bytes=0-9", "bytes=5-", "bytes=-5".
std::string range_value(const RangeSpec& spec);

// First and last byte, both inclusive, within the representation.
struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t size() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

struct RangeDecision {
  enum class Send : uint8_t { Whole, Partial, Unsatisfiable };
  Send send = Send::Whole;
  RangeReason reason = RangeReason::None;
  uint8_t count = 0;  // Partial: pieces, at least 1; one piece is not multipart
  std::array<ByteRange, kMaxRanges> ranges;
  std::span<const ByteRange> view() const { return {ranges.data(), count}; }
};

// RFC 9110 section 14.1.2 and 14.2: specs against a representation of `size` bytes. Unsatisfiable
// ones are dropped, overlapping and adjacent ones joined.
RangeDecision resolve_ranges(const RangeSet& set, uint64_t size);

// The whole decision for a request and a stored 200 with these validators (values as in the head,
// empty when absent; `date` is the value of its Date).
struct RangeTarget {
  uint64_t size = 0;
  std::string_view etag;
  std::string_view last_modified;
  std::string_view date;
};
RangeDecision decide_range(const RequestView& request, const RangeTarget& target);

// RFC 9110 section 13.1.5: an entity tag compares strongly; a date must be Last-Modified exactly
// and be strong in the sense of section 8.8.2.2 (a second or more before Date). True without
// If-Range.
bool if_range_holds(http::Fields request, const RangeTarget& target);

// "bytes 0-9/100" and "bytes */100".
std::string content_range(ByteRange range, uint64_t size);
std::string unsatisfied_content_range(uint64_t size);

// A received Content-Range, for parts from upstream.
struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  bool size_known = false;
  uint64_t size = 0;
};
// False when malformed, not in bytes, or not satisfied ("bytes */100").
bool parse_content_range(std::string_view value, ContentRange& out);

// The body of a multipart/byteranges response (RFC 9110 section 14.6): for each piece its head,
// then its bytes of the representation; then the tail.
struct Multipart {
  std::string content_type;  // for build_partial_head()
  std::vector<std::string> heads;
  std::string tail;
  uint64_t length = 0;  // of the whole body
};
// `boundary`: 1 to 70 characters of RFC 2046's bchars that nobody outside can foresee.
Multipart plan_multipart(std::span<const ByteRange> ranges, uint64_t size,
                         std::string_view content_type, std::string_view boundary);

}  // namespace atl::cache
