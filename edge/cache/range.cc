#include "edge/cache/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "edge/cache/text.h"
#include "edge/cache/validation.h"
#include "lib/http/date.h"

namespace atl::cache {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

// Digits from the front of `text`, saturated; nothing when there is none.
std::optional<uint64_t> take_number(std::string_view& text) {
  size_t digits = 0;
  uint64_t number = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    const auto digit = static_cast<uint64_t>(text[digits] - '0');
    number = number > (kMax - digit) / 10 ? kMax : number * 10 + digit;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// RFC 9110 section 14.1.1: int-range or suffix-range.
bool read_spec(std::string_view text, RangeSpec& out) {
  const auto first = take_number(text);
  if (!take(text, '-')) return false;
  const auto last = take_number(text);
  if (!text.empty() || (!first && !last)) return false;
  if (!first) {
    out = {RangeSpec::Kind::Suffix, 0, *last};
  } else if (!last) {
    out = {RangeSpec::Kind::From, *first, 0};
  } else {
    out = {RangeSpec::Kind::FromTo, *first, *last};
    if (*last < *first) return false;  // invalid, not merely unsatisfiable
  }
  return true;
}

// Section 14.1.2: within the representation, or nothing.
std::optional<ByteRange> resolve(const RangeSpec& spec, uint64_t size) {
  if (size == 0) return std::nullopt;
  switch (spec.kind) {
    case RangeSpec::Kind::Suffix:
      if (spec.last == 0) return std::nullopt;
      return ByteRange{size - std::min(spec.last, size), size - 1};
    case RangeSpec::Kind::From:
      if (spec.first >= size) return std::nullopt;
      return ByteRange{spec.first, size - 1};
    case RangeSpec::Kind::FromTo:
      if (spec.first >= size) return std::nullopt;
      return ByteRange{spec.first, std::min(spec.last, size - 1)};
  }
  return std::nullopt;
}

// Section 14.2: more than two ranges that overlap are a sign of a broken or hostile client; so is
// asking for more than there is.
bool abusive(std::span<const ByteRange> ranges, uint64_t size) {
  uint64_t total = 0;
  size_t overlapping = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const bool overlaps = std::any_of(ranges.begin(), ranges.end(), [&](const ByteRange& other) {
      return &other != &ranges[i] && ranges[i].first <= other.last && other.first <= ranges[i].last;
    });
    if (overlaps) ++overlapping;
    // Sizes are within `size`, and there are at most kMaxRanges: no overflow below 2^60.
    total += std::min(ranges[i].size(), kMax / kMaxRanges);
  }
  return overlapping > 2 || (ranges.size() > 1 && total > size);
}

// Joins overlapping and adjacent ranges; keeps the order asked for where nothing had to be joined.
void join_ranges(RangeDecision& decision) {
  const auto begin = decision.ranges.begin();
  for (size_t i = 0; i < decision.count; ++i) {
    for (size_t j = i + 1; j < decision.count;) {
      ByteRange& a = decision.ranges[i];
      const ByteRange& b = decision.ranges[j];
      // `last` is below the size, so +1 cannot overflow.
      if (a.first > b.last + 1 || b.first > a.last + 1) {
        ++j;
        continue;
      }
      a = {std::min(a.first, b.first), std::max(a.last, b.last)};
      std::move(begin + static_cast<ptrdiff_t>(j) + 1, begin + decision.count,
                begin + static_cast<ptrdiff_t>(j));
      --decision.count;
      j = i + 1;  // the grown range may touch one passed over
    }
  }
}

}  // namespace

RangeReason parse_range(std::string_view value, RangeSet& out) {
  out.count = 0;
  const size_t equals = value.find('=');
  if (equals == std::string_view::npos) return RangeReason::Malformed;
  if (!http::equal_ignore_case(value.substr(0, equals), "bytes")) return RangeReason::Unit;
  value.remove_prefix(equals + 1);
  while (!value.empty()) {
    const size_t comma = std::min(value.find(','), value.size());
    const std::string_view member = http::trim_ows(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (member.empty()) continue;  // RFC 9110 section 5.6.1.2: empty list members are ignored
    if (out.count == kMaxRanges) return RangeReason::TooMany;
    if (!read_spec(member, out.specs[out.count])) return RangeReason::Malformed;
    ++out.count;
  }
  return out.count == 0 ? RangeReason::Malformed : RangeReason::None;
}

RangeDecision resolve_ranges(const RangeSet& set, uint64_t size) {
  RangeDecision decision;
  for (const RangeSpec& spec : set.view()) {
    if (const auto range = resolve(spec, size)) decision.ranges[decision.count++] = *range;
  }
  if (decision.count == 0) {
    decision.send = RangeDecision::Send::Unsatisfiable;
    decision.reason = RangeReason::Unsatisfiable;
    return decision;
  }
  if (abusive(decision.view(), size)) {
    decision.count = 0;
    decision.reason = RangeReason::Overlapping;
    return decision;
  }
  join_ranges(decision);
  decision.send = RangeDecision::Send::Partial;
  decision.reason = RangeReason::Satisfied;
  return decision;
}

RangeReason read_ranges(const RequestView& request, RangeSet& out) {
  out.count = 0;
  std::string_view value;
  size_t lines = 0;
  for (const http::Field& field : request.fields) {
    if (!http::equal_ignore_case(field.name, "range")) continue;
    value = field.value;
    ++lines;
  }
  if (lines == 0) return RangeReason::None;
  if (request.method != "GET") return RangeReason::Method;  // section 14.2
  if (lines > 1) return RangeReason::Malformed;  // not a list field: two lines are no valid value
  return parse_range(value, out);
}

std::string range_value(const RangeSpec& spec) {
  switch (spec.kind) {
    case RangeSpec::Kind::FromTo:
      return fmt::format("bytes={}-{}", spec.first, spec.last);
    case RangeSpec::Kind::From:
      return fmt::format("bytes={}-", spec.first);
    case RangeSpec::Kind::Suffix:
      return fmt::format("bytes=-{}", spec.last);
  }
  return {};
}

RangeDecision decide_range(const RequestView& request, const RangeTarget& target) {
  RangeDecision whole;
  RangeSet set;
  whole.reason = read_ranges(request, set);
  if (whole.reason != RangeReason::None || set.count == 0) return whole;
  if (!if_range_holds(request.fields, target)) {
    whole.reason = RangeReason::IfRange;
    return whole;
  }
  return resolve_ranges(set, target.size);
}

bool if_range_holds(http::Fields request, const RangeTarget& target) {
  std::string_view value;
  size_t lines = 0;
  for (const http::Field& field : request) {
    if (!http::equal_ignore_case(field.name, "if-range")) continue;
    value = field.value;
    ++lines;
  }
  if (lines == 0) return true;
  if (lines > 1) return false;
  if (value.starts_with('"') || value.starts_with("W/")) return strong_equal(value, target.etag);
  // Section 13.1.5: the same date exactly, and a strong one.
  const auto date = http::parse_date(target.date);
  if (!date) return false;
  const auto wanted = http::parse_date(value, *date);
  const auto modified = http::parse_date(target.last_modified, *date);
  if (!wanted || !modified || *wanted != *modified) return false;
  return *modified + std::chrono::seconds{1} <= *date;  // section 8.8.2.2
}

std::string content_range(ByteRange range, uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size);
}

std::string unsatisfied_content_range(uint64_t size) { return fmt::format("bytes */{}", size); }

bool parse_content_range(std::string_view value, ContentRange& out) {
  constexpr std::string_view kUnit = "bytes ";
  if (value.size() < kUnit.size() ||
      !http::equal_ignore_case(value.substr(0, kUnit.size()), kUnit)) {
    return false;
  }
  value.remove_prefix(kUnit.size());
  const auto first = take_number(value);
  if (!first || !take(value, '-')) return false;
  const auto last = take_number(value);
  if (!last || !take(value, '/') || *last < *first || *last == kMax) return false;
  out = {.first = *first, .last = *last};
  if (value == "*") return true;
  const auto size = take_number(value);
  if (!size || !value.empty() || *size <= *last) return false;
  out.size_known = true;
  out.size = *size;
  return true;
}

Multipart plan_multipart(std::span<const ByteRange> ranges, uint64_t size,
                         std::string_view content_type, std::string_view boundary) {
  Multipart plan;
  plan.content_type = fmt::format("multipart/byteranges; boundary=\"{}\"", boundary);
  for (const ByteRange& range : ranges) {
    std::string head = fmt::format("{}--{}\r\n", plan.heads.empty() ? "" : "\r\n", boundary);
    if (!content_type.empty()) head += fmt::format("Content-Type: {}\r\n", content_type);
    head += fmt::format("Content-Range: {}\r\n\r\n", content_range(range, size));
    plan.length += head.size() + range.size();
    plan.heads.push_back(std::move(head));
  }
  plan.tail = fmt::format("\r\n--{}--\r\n", boundary);
  plan.length += plan.tail.size();
  return plan;
}

}  // namespace atl::cache
