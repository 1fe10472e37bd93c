#include "origin/sources/representation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "lib/http/chars.h"
#include "lib/http/date.h"
#include "lib/http/field_block.h"
#include "lib/http/status.h"
#include "origin/sources/field_lines.h"

namespace atl::origin {
namespace {

using std::chrono::sys_seconds;

std::string date_of(WallTime now) {
  return http::format_date(std::chrono::floor<std::chrono::seconds>(now));
}

// RFC 9110 section 13.1.1: a list of entity tags, or "*". `weak`: compare weakly (8.8.3.2).
bool matches(std::string_view list, std::string_view etag, bool weak) {
  list = http::trim_ows(list);
  if (list == "*") return true;
  while (!list.empty()) {
    bool is_weak = false;
    if (list.starts_with("W/")) {
      is_weak = true;
      list.remove_prefix(2);
    }
    if (!list.starts_with('"')) return false;  // not a list of entity tags
    const size_t end = list.find('"', 1);
    if (end == std::string_view::npos) return false;
    if ((weak || !is_weak) && list.substr(0, end + 1) == etag) return true;
    list = http::trim_ows(list.substr(end + 1));
    while (list.starts_with(',')) list = http::trim_ows(list.substr(1));
  }
  return false;
}

std::optional<sys_seconds> date_field(http::Fields fields, std::string_view name) {
  const auto value = combined_value(fields, name);
  return value ? http::parse_date(*value) : std::nullopt;
}

// RFC 9110 section 13.2.2, up to the range. 0: go on.
uint16_t evaluate_conditions(http::Fields fields, const Representation& what) {
  if (const auto list = combined_value(fields, "If-Match")) {
    if (!matches(*list, what.etag, false)) return 412;
  } else if (const auto since = date_field(fields, "If-Unmodified-Since")) {
    if (what.last_modified && *what.last_modified > *since) return 412;
  }
  if (const auto list = combined_value(fields, "If-None-Match")) {
    if (matches(*list, what.etag, true)) return 304;
  } else if (const auto since = date_field(fields, "If-Modified-Since")) {
    if (what.last_modified && *what.last_modified <= *since) return 304;
  }
  return 0;
}

// Section 13.1.5. A date is good enough only when the file had rested by then (8.8.2.2).
bool if_range_holds(http::Fields fields, const Representation& what, WallTime now) {
  const auto condition = combined_value(fields, "If-Range");
  if (!condition) return true;
  if (condition->starts_with('"') || condition->starts_with("W/")) return *condition == what.etag;
  const auto date = http::parse_date(*condition);
  return date && what.last_modified && *date == *what.last_modified &&
         now - *what.last_modified >= std::chrono::seconds(1);
}

struct Piece {
  uint64_t offset;
  uint64_t length;
};
enum class RangeVerdict { Whole, Part, Unsatisfiable };

// Digits only; what does not fit stands for "beyond every end".
std::optional<uint64_t> parse_position(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  uint64_t value = 0;
  const auto [_, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? value : UINT64_MAX;
}

// Section 14.1.2. One range is answered; several, or something else, get the whole, as 14.2 allows.
RangeVerdict evaluate_range(std::string_view value, uint64_t size, Piece& piece) {
  value = http::trim_ows(value);
  if (!http::equal_ignore_case(value.substr(0, 6), "bytes=")) return RangeVerdict::Whole;
  value = http::trim_ows(value.substr(6));
  const size_t dash = value.find('-');
  if (dash == std::string_view::npos || value.find(',') != std::string_view::npos) {
    return RangeVerdict::Whole;
  }
  const std::string_view first_text = value.substr(0, dash);
  const auto last = parse_position(value.substr(dash + 1));
  if (first_text.empty()) {
    if (!last) return RangeVerdict::Whole;
    if (*last == 0 || size == 0) return RangeVerdict::Unsatisfiable;
    const uint64_t length = std::min(*last, size);
    piece = {size - length, length};
    return RangeVerdict::Part;
  }
  const auto first = parse_position(first_text);
  if (!first || (!last && dash + 1 != value.size())) return RangeVerdict::Whole;
  if (last && *last < *first) return RangeVerdict::Whole;
  if (*first >= size) return RangeVerdict::Unsatisfiable;
  const uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  piece = {*first, end - *first + 1};
  return RangeVerdict::Part;
}

// What a 304 repeats (section 15.4.5) and every other answer has too.
std::string common_fields(const Representation& what, WallTime now) {
  std::string out;
  http::append_field(out, "Date", date_of(now));
  http::append_field(out, "ETag", what.etag);
  if (what.last_modified)
    http::append_field(out, "Last-Modified", http::format_date(*what.last_modified));
  if (!what.cache_control.empty()) http::append_field(out, "Cache-Control", what.cache_control);
  http::append_field(out, "Accept-Ranges", "bytes");
  return out;
}

void set_status(Plan& plan, uint16_t status) {
  plan.head.status = status;
  plan.head.reason = http::reason_phrase(status);
}

}  // namespace

Plan plan_answer(const rpc::OriginRequest& request, const Representation& what, WallTime now) {
  const bool is_head = request.method == "HEAD";
  std::vector<http::Field> fields;
  if (!http::split_field_block(request.fields, fields)) {
    return plan_text(request, 400, "the fields are malformed\n", now);
  }
  Plan plan;
  switch (evaluate_conditions(fields, what)) {
    case 412:
      return plan_text(request, 412, "a precondition does not hold\n", now);
    case 304:
      set_status(plan, 304);
      plan.head.fields = common_fields(what, now);
      plan.head.body_length = 0;
      return plan;
    default:
      break;
  }
  set_status(plan, 200);
  Piece piece{0, what.size};
  std::string content_range;
  const auto range = is_head ? std::nullopt : combined_value(fields, "Range");
  if (range && if_range_holds(fields, what, now)) {
    switch (evaluate_range(*range, what.size, piece)) {
      case RangeVerdict::Whole:
        break;
      case RangeVerdict::Part:
        set_status(plan, 206);
        content_range =
            fmt::format("bytes {}-{}/{}", piece.offset, piece.offset + piece.length - 1, what.size);
        break;
      case RangeVerdict::Unsatisfiable:
        return plan_text(request, 416, "no such range\n", now,
                         fmt::format("Content-Range: bytes */{}\r\n", what.size));
    }
  }
  plan.head.fields = common_fields(what, now);
  http::append_field(plan.head.fields, "Content-Type", what.content_type);
  if (!content_range.empty()) http::append_field(plan.head.fields, "Content-Range", content_range);
  http::append_field(plan.head.fields, "Content-Length", fmt::to_string(piece.length));
  plan.offset = piece.offset;
  plan.length = is_head ? 0 : piece.length;
  plan.head.body_length = plan.length;
  return plan;
}

Plan plan_text(const rpc::OriginRequest& request, uint16_t status, std::string_view text,
               WallTime now, std::string_view fields) {
  Plan plan;
  set_status(plan, status);
  http::append_field(plan.head.fields, "Date", date_of(now));
  http::append_field(plan.head.fields, "Content-Type", "text/plain");
  plan.head.fields += fields;
  http::append_field(plan.head.fields, "Content-Length", fmt::to_string(text.size()));
  if (request.method != "HEAD") plan.text = text;
  plan.head.body_length = plan.text.size();
  return plan;
}

Plan plan_not_allowed(const rpc::OriginRequest& request, WallTime now) {
  return plan_text(request, 405, "only GET and HEAD are answered here\n", now,
                   "Allow: GET, HEAD\r\n");
}

}  // namespace atl::origin
