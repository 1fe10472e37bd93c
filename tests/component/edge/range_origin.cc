#include "tests/component/edge/range_origin.h"

#include <algorithm>
#include <charconv>

namespace atl::test {
namespace {

size_t number(std::string_view text) {
  size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string random_bytes(size_t size, unsigned seed) {
  std::minstd_rand random(seed + 1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}

std::string field_in(std::string_view lines, std::string_view name) {
  const std::string start = std::string(name) + ": ";
  size_t at = lines.starts_with(start) ? 0 : lines.find("\r\n" + start);
  if (at == std::string_view::npos) return {};
  at = lines.find(": ", at) + 2;
  return std::string(lines.substr(at, lines.find("\r\n", at) - at));
}

std::optional<AskedRange> asked_range(std::string_view range, size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit) || range.find(',') != std::string_view::npos) return std::nullopt;
  range.remove_prefix(kUnit.size());
  const size_t dash = range.find('-');
  const std::string_view last = range.substr(dash + 1);
  if (dash == 0) {
    const size_t count = std::min(number(last), size);
    return AskedRange{size - count, count};
  }
  const size_t first = number(range.substr(0, dash));
  if (first >= size) return AskedRange{first, 0};
  const size_t end = last.empty() ? size : std::min(number(last), size - 1) + 1;
  return AskedRange{first, end - first};
}

std::string RangeOrigin::answer_head(const FakeCallPtr& call) const {
  const std::string tag = etag.empty() ? "" : "ETag: " + etag + "\r\n";
  if (!etag.empty() && field_in(call->fields, "If-None-Match") == etag) {
    call->head(304, lines + tag, std::nullopt);
    return {};
  }
  const std::string condition = field_in(call->fields, "If-Range");
  const auto asked = condition.empty() || condition == etag
                         ? asked_range(field_in(call->fields, "Range"), body.size())
                         : std::nullopt;
  if (!asked) {
    call->head(200, lines + tag, body.size());
    return body;
  }
  if (asked->count == 0) {
    call->head(416, "Content-Range: bytes */" + std::to_string(body.size()) + "\r\n", 0);
    return {};
  }
  const std::string range = "Content-Range: bytes " + std::to_string(asked->first) + "-" +
                            std::to_string(asked->first + asked->count - 1) + "/" +
                            std::to_string(body.size()) + "\r\n";
  call->head(206, lines + tag + range, asked->count);
  return body.substr(asked->first, asked->count);
}

void RangeOrigin::answer(const FakeCallPtr& call) const {
  std::string bytes = answer_head(call);
  if (!bytes.empty()) call->body(std::move(bytes));
  call->end();
}

}  // namespace atl::test
