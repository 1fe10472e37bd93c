#include "edge/cache/part.h"

#include <algorithm>
#include <limits>

#include "edge/cache/text.h"
#include "lib/http/date.h"

namespace atl::cache {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

PartDecision no(PartReason reason) {
  return {.reason = reason, .range = {}, .named = {}, .size = 0};
}

bool is_multipart(http::Fields fields) {
  constexpr std::string_view kType = "multipart/byteranges";
  const std::string_view type = first_value(fields, "content-type");
  return http::equal_ignore_case(type.substr(0, kType.size()), kType);
}

// RFC 9110 section 15.3.7: the whole of what was asked for, as far as the representation goes. A
// server may send less of one range: what is missing is asked for again.
bool answers(const RangeSpec& asked, const ByteRange& range, uint64_t size) {
  switch (asked.kind) {
    case RangeSpec::Kind::FromTo:
      return range.first == asked.first && range.last <= asked.last;
    case RangeSpec::Kind::From:
      return range.first == asked.first;
    case RangeSpec::Kind::Suffix:
      return range.last == size - 1 && range.first >= size - std::min(size, asked.last);
  }
  return false;
}

// Cuts `range` to what a body of this length can hold, where that may be. False: it may not.
bool fit_length(ByteRange& range, const PartFacts& facts, bool combinable) {
  if (!facts.body_length || *facts.body_length == range.size()) return true;
  if (*facts.body_length > range.size() || *facts.body_length == 0) return false;
  if (!facts.exact || combinable) return false;
  range.last = range.first + *facts.body_length - 1;
  return true;
}

}  // namespace

StrongValidator strong_validator(const StoredView& of) {
  if (!of.etag.empty()) {
    if (of.etag.starts_with("W/") || !is_entity_tag(of.etag)) return {};
    return {.value = of.etag, .is_date = false};
  }
  const auto date = http::parse_date(of.date);
  if (!date) return {};
  const auto modified = http::parse_date(of.last_modified, *date);
  if (!modified || *modified + std::chrono::seconds{1} > *date) return {};
  return {.value = of.last_modified, .is_date = true};
}

StoredView validators_in(http::Fields fields) {
  return {.status = 200,
          .etag = first_value(fields, "etag"),
          .last_modified = first_value(fields, "last-modified"),
          .date = first_value(fields, "date"),
          .response_time = {}};
}

bool same_representation(const StoredView& a, const StoredView& b) {
  const StrongValidator left = strong_validator(a);
  const StrongValidator right = strong_validator(b);
  if (!left || !right || left.is_date != right.is_date) return false;
  if (!left.is_date) return strong_equal(left.value, right.value);
  return http::parse_date(left.value) == http::parse_date(right.value);
}

std::string_view to_string(PartReason reason) {
  switch (reason) {
    case PartReason::Accepted:
      return "part-accepted";
    case PartReason::Unasked:
      return "part-unasked";
    case PartReason::Multipart:
      return "part-multipart";
    case PartReason::NoContentRange:
      return "part-no-content-range";
    case PartReason::SizeUnknown:
      return "part-size-unknown";
    case PartReason::OtherRange:
      return "part-other-range";
    case PartReason::Length:
      return "part-length";
    case PartReason::OtherSize:
      return "part-other-size";
    case PartReason::OtherValidator:
      return "part-other-validator";
  }
  return "part-unasked";
}

PartDecision judge_part(const ResponseView& response, const PartFacts& facts) {
  if (facts.asked == nullptr) return no(PartReason::Unasked);
  if (is_multipart(response.fields)) return no(PartReason::Multipart);
  ContentRange given;
  if (http::count(response.fields, "content-range") != 1 ||
      !parse_content_range(first_value(response.fields, "content-range"), given)) {
    return no(PartReason::NoContentRange);
  }
  if (!given.size_known) return no(PartReason::SizeUnknown);
  PartDecision decision{.reason = PartReason::Accepted,
                        .range = {given.first, given.last},
                        .named = {given.first, given.last},
                        .size = given.size};
  if (!facts.exact && !answers(*facts.asked, decision.range, decision.size)) {
    return no(PartReason::OtherRange);
  }
  const StoredView arrived = validators_in(response.fields);
  if (facts.stored != nullptr) {
    if (!same_representation(*facts.stored, arrived)) return no(PartReason::OtherValidator);
    if (given.size != facts.stored_size) return no(PartReason::OtherSize);
  }
  const bool combinable = static_cast<bool>(strong_validator(arrived));
  if (!fit_length(decision.range, facts, combinable)) return no(PartReason::Length);
  return decision;
}

std::vector<http::Field> fields_of_whole(http::Fields part) {
  std::vector<http::Field> whole;
  whole.reserve(part.size());
  for (const http::Field& field : part) {
    if (http::equal_ignore_case(field.name, "content-range") ||
        http::equal_ignore_case(field.name, "content-length")) {
      continue;
    }
    whole.push_back(field);
  }
  return whole;
}

uint64_t block_start(uint64_t offset, uint64_t block) { return offset - offset % block; }

ByteRange block_around(uint64_t offset, uint64_t block, uint64_t size) {
  const uint64_t first = block_start(offset, block);
  return {first, first + std::min(block, size - first) - 1};
}

ByteRange missing_around(uint64_t offset, const ByteRange& in_block,
                         const std::optional<ByteRange>& stored) {
  if (!stored) return in_block;
  return offset < stored->first ? ByteRange{in_block.first, stored->first - 1}
                                : ByteRange{stored->last + 1, in_block.last};
}

RangeSpec ask_for(const ByteRange& range, uint64_t size) {
  if (range.last + 1 >= size) return {RangeSpec::Kind::From, range.first, 0};
  return {RangeSpec::Kind::FromTo, range.first, range.last};
}

std::optional<FirstAsk> first_ask(const RangeSpec& wanted, uint64_t block) {
  if (wanted.kind == RangeSpec::Kind::Suffix) {
    if (wanted.last == 0) return std::nullopt;
    return FirstAsk{{RangeSpec::Kind::Suffix, 0, std::min(wanted.last, block)},
                    wanted.last <= block};
  }
  const uint64_t first = block_start(wanted.first, block);
  if (first > kMax - block) return std::nullopt;
  return FirstAsk{{RangeSpec::Kind::FromTo, first, first + block - 1}, false};
}

Join join_stretches(const ByteRange& old, const ByteRange& fresh) {
  if (fresh.first >= old.first && fresh.last <= old.last) return Join::Old;
  if (old.first >= fresh.first && old.last <= fresh.last) return Join::New;
  if (fresh.first > old.first && fresh.first <= old.last + 1) return Join::OldThenNew;
  if (fresh.first < old.first && fresh.last + 1 >= old.first) return Join::NewThenOld;
  return fresh.size() >= old.size() ? Join::New : Join::Old;
}

}  // namespace atl::cache
