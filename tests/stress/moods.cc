#include "tests/stress/moods.h"

#include <fmt/format.h>

#include <charconv>

#include "lib/http/field_lookup.h"
#include "tests/stress/reply.h"

namespace atl::stress {
namespace {

struct Share {
  Mood mood;
  uint32_t permille;
};
constexpr Share kShares[] = {
    {Mood::Drops, 10},        {Mood::Resets, 8},       {Mood::Silent, 1},
    {Mood::Fails, 15},        {Mood::CutOff, 40},      {Mood::TooLong, 15},
    {Mood::TooShort, 15},     {Mood::Uncacheable, 80}, {Mood::Late, 40},
    {Mood::Halting, 30},      {Mood::Unasked304, 15},  {Mood::Changes, 40},
    {Mood::IgnoresRange, 15}, {Mood::OtherRange, 15},  {Mood::StrayRange, 8},
    {Mood::Malformed, 8},     {Mood::TwoLengths, 8},   {Mood::EarlyHints, 20},
};

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Span {
  uint64_t first = 0;
  uint64_t count = 0;  // 0: not satisfiable
};

// Of "bytes=A-B", "bytes=A-" and "bytes=-N"; anything else is ignored.
std::optional<Span> span_of(std::string_view range, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const size_t dash = range.find('-');
  if (!range.starts_with(kUnit) || dash == std::string_view::npos ||
      range.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = number_in(range.substr(kUnit.size(), dash - kUnit.size()));
  const auto last = number_in(range.substr(dash + 1));
  if (!first) {
    if (!last) return std::nullopt;
    const uint64_t count = std::min(*last, size);
    return Span{size - count, count};
  }
  if (*first >= size) return Span{};
  const uint64_t end = std::min(last.value_or(size - 1), size - 1);
  if (end < *first) return std::nullopt;
  return Span{*first, end - *first + 1};
}

std::string_view variant_for(const OriginRequest& request, size_t object) {
  if (!varies(object)) return {};
  return request.get("Accept-Language") == "de" ? "de" : "en";
}

}  // namespace

std::string_view to_string(Mood mood) {
  constexpr std::string_view kNames[] = {
      "honest",      "drops",       "resets",      "silent",        "fails",
      "cut-off",     "too-long",    "too-short",   "uncacheable",   "late",
      "halting",     "unasked-304", "changes",     "ignores-range", "other-range",
      "stray-range", "malformed",   "two-lengths", "early-hints"};
  static_assert(std::size(kNames) == static_cast<size_t>(Mood::kCount));
  return kNames[static_cast<size_t>(mood)];
}

std::string_view OriginRequest::get(std::string_view name) const {
  return http::value_of(fields, name).value_or("");
}

Mood Temper::choose() {
  uint32_t left = next(1000);
  for (const Share& share : kShares) {
    if (left < share.permille) {
      return share.mood == Mood::Silent && !silent_ ? Mood::Honest : share.mood;
    }
    left -= share.permille;
  }
  return Mood::Honest;
}

OriginAnswer Temper::answer(const OriginRequest& request) {
  const auto object = object_at(request.target);
  if (!object || *object >= catalogue_.size()) {
    return {.head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .edition = {}};
  }
  const Mood mood = choose();
  ++counts_[static_cast<size_t>(mood)];
  switch (mood) {
    case Mood::Drops:
      return {.head = {}, .edition = {}, .close = true};
    case Mood::Resets:
      return {.head = {}, .edition = {}, .reset = true};
    case Mood::Silent:
      return {.head = {}, .edition = {}, .silent = true};
    case Mood::Fails:
      return {.head = fmt::format("HTTP/1.1 {} Broken\r\nX-Origin-Error: yes\r\n"
                                  "Content-Length: 0\r\n\r\n",
                                  next(2) == 0 ? 500 : 503),
              .edition = {}};
    default:
      return found(request, *object, mood);
  }
}

std::string Temper::lifetime() {
  switch (next(8)) {
    case 0:
      return "Cache-Control: max-age=0\r\n";
    case 1:
      return "Cache-Control: max-age=1\r\n";
    case 2:
      return "Cache-Control: max-age=1, stale-while-revalidate=5\r\n";
    case 3:
      return "Cache-Control: max-age=1, stale-if-error=600\r\n";
    case 4:
      return "Cache-Control: s-maxage=5, max-age=0\r\n";
    case 5:
      return {};
    default:
      return "Cache-Control: max-age=60\r\n";
  }
}

bool Temper::unchanged(const OriginRequest& request, const Edition& edition) const {
  const std::string tag = tag_of(edition);
  http::ListReader asked(request.get("If-None-Match"));
  while (const auto member = asked.next()) {
    if (!tag.empty() && *member == tag) return true;
  }
  return request.get("If-None-Match").empty() && validator_of(edition.object) == Validator::Date &&
         request.get("If-Modified-Since") == date_of(edition);
}

OriginAnswer Temper::not_modified(const Edition& edition, bool lie) {
  std::string head = "HTTP/1.1 304 Not Modified\r\n" + lifetime();
  if (lie) {
    head += fmt::format("X-Lie: 304\r\nETag: \"{}other\"\r\n", edition.version);
  } else if (const std::string tag = tag_of(edition); !tag.empty()) {
    head += "ETag: " + tag + "\r\n";
  }
  return {.head = head + "\r\n", .edition = edition};
}

OriginAnswer Temper::found(const OriginRequest& request, size_t object, Mood mood) {
  const bool changes = mood == Mood::Changes || request.method == "POST";
  const uint32_t version = changes ? catalogue_.change(object) : catalogue_.current(object);
  const Edition edition{object, variant_for(request, object), version};
  if (mood == Mood::Unasked304 && request.method == "GET") return not_modified(edition, true);
  if (request.method != "POST" && unchanged(request, edition)) return not_modified(edition, false);
  OriginAnswer answer{.head = {}, .edition = edition, .length = size_of(edition)};
  std::string lines = fmt::format("X-Object: {}\r\nX-Version: {}\r\nSurrogate-Key: all o{}\r\n",
                                  path_of(object), version, object % 10);
  if (varies(object)) {
    lines += fmt::format("Vary: Accept-Language\r\nX-Variant: {}\r\n", edition.variant);
  }
  if (const std::string tag = tag_of(edition); !tag.empty()) lines += "ETag: " + tag + "\r\n";
  if (validator_of(object) == Validator::Date) {
    lines += "Last-Modified: " + date_of(edition) + "\r\n";
  }
  if (request.method == "POST") {
    answer.length = 0;
    answer.head =
        "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n" + lines + "\r\n";
    return answer;
  }
  if (mood == Mood::Uncacheable && request.method == "GET") {
    lines += fmt::format("X-Serial: {}\r\nCache-Control: {}\r\n", ++serial_,
                         next(2) == 0 ? "no-store" : "private, max-age=60");
  } else {
    lines += lifetime();
  }
  const bool part = pick_range(request, mood, answer, lines);
  if (!part && !answer.head.empty()) return answer;  // 416
  if (mood == Mood::StrayRange && !part) lines += "Content-Range: bytes 0-9/100\r\n";
  if (mood == Mood::Malformed) lines += "this is no field\r\n";
  frame(request, mood, answer.length, answer, lines);
  answer.head = (mood == Mood::EarlyHints ? "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" : "");
  answer.head += part ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n";
  answer.head += lines + "\r\n";
  if (request.method == "HEAD") answer.length = 0;
  return answer;
}

// Whether a part is sent. Fills in which; answer.head is 416 if there is none.
bool Temper::pick_range(const OriginRequest& request, Mood mood, OriginAnswer& answer,
                        std::string& lines) {
  const uint64_t size = answer.length;
  const std::string_view condition = request.get("If-Range");
  const bool holds = condition.empty() ||
                     (validator_of(answer.edition.object) == Validator::Strong &&
                      condition == tag_of(answer.edition)) ||
                     (validator_of(answer.edition.object) == Validator::Date &&
                      condition == date_of(answer.edition));
  // Mood::Changes: the part is sent although it is of another version than was asked for.
  if (request.method != "GET" || mood == Mood::IgnoresRange || (!holds && mood != Mood::Changes)) {
    return false;
  }
  auto span = span_of(request.get("Range"), size);
  if (!span) return false;
  if (span->count == 0) {
    answer.head = fmt::format(
        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{}\r\n"
        "Content-Length: 0\r\n\r\n",
        size);
    answer.length = 0;
    return false;
  }
  if (mood == Mood::OtherRange) {
    span->first = next(static_cast<uint32_t>(size));
    span->count = 1 + next(static_cast<uint32_t>(size - span->first));
  }
  if (!holds) lines += "X-Lie: 206\r\n";
  lines += fmt::format("Content-Range: bytes {}-{}/{}\r\n", span->first,
                       span->first + span->count - 1, size);
  answer.offset = span->first;
  answer.length = span->count;
  return true;
}

void Temper::frame(const OriginRequest& request, Mood mood, uint64_t announced,
                   OriginAnswer& answer, std::string& lines) {
  if (request.method == "HEAD") {
    lines += fmt::format("Content-Length: {}\r\n", announced);
    return;
  }
  const bool whole = lines.find("Content-Range: bytes") == std::string::npos;
  answer.chunked = next(5) == 0;
  switch (mood) {
    case Mood::CutOff:
      answer.length = next(static_cast<uint32_t>(answer.length));
      answer.close = answer.unterminated = true;
      answer.reset = next(3) == 0;
      break;
    case Mood::TooLong:
      answer.chunked = false;
      answer.close = true;
      announced += 1 + next(5000);
      break;
    case Mood::TooShort:
      if (!whole || announced < 2) break;
      answer.chunked = false;
      answer.close = true;
      announced -= 1 + next(static_cast<uint32_t>(announced) - 1);
      lines += fmt::format("X-Short: {}\r\n", announced);
      break;
    case Mood::TwoLengths:
      answer.chunked = false;
      answer.close = true;
      lines += fmt::format("Content-Length: {}\r\n", announced + 1);
      break;
    case Mood::Late:
      answer.late = std::chrono::milliseconds(20 + next(400));
      break;
    case Mood::Halting:
      answer.halting = std::chrono::milliseconds(20 + next(400));
      break;
    default:
      break;
  }
  lines += answer.chunked ? "Transfer-Encoding: chunked\r\n"
                          : fmt::format("Content-Length: {}\r\n", announced);
}

}  // namespace atl::stress
