#include "edge/cache/hidden.h"

#include <algorithm>
#include <charconv>

#include "lib/http/chars.h"

namespace atl::cache {
namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr std::string_view kMark = "\r\n:";

bool is_hidden(std::string_view line, std::span<const std::string> names) {
  const std::string_view name = line.substr(0, line.find(':'));
  return std::any_of(names.begin(), names.end(), [&](const std::string& hidden) {
    return http::equal_ignore_case(hidden, name);
  });
}

}  // namespace

bool hide_lines(std::string_view full, const HeadEdits& edits, std::string& out) {
  std::string shown;
  std::string hidden;
  shown.reserve(full.size() + edits.add.size() + 16);
  bool first = true;  // the status line
  while (!full.empty()) {
    const size_t end = std::min(full.find(kEnd), full.size());
    const std::string_view line = full.substr(0, std::min(end + kEnd.size(), full.size()));
    full.remove_prefix(line.size());
    (!first && is_hidden(line, edits.hide) ? hidden : shown).append(line);
    first = false;
  }
  if (hidden.empty() && edits.add.empty()) return false;
  shown.append(edits.add);
  shown.append(":").append(std::to_string(edits.add.size())).append(kEnd);
  shown.append(hidden);
  out = std::move(shown);
  return true;
}

std::string_view shown_part(std::string_view head) {
  const size_t mark = head.find(kMark);
  return mark == std::string_view::npos ? head : head.substr(0, mark + kEnd.size());
}

void full_head(std::string_view head, std::string& out) {
  const std::string_view shown = shown_part(head);
  if (shown.size() == head.size()) {
    out.assign(head);
    return;
  }
  std::string_view rest = head.substr(shown.size() + 1);
  size_t added = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), added);
  rest.remove_prefix(std::min(rest.find(kEnd) + kEnd.size(), rest.size()));
  out.assign(shown.substr(0, shown.size() - std::min(added, shown.size())));
  out.append(rest);
}

}  // namespace atl::cache
