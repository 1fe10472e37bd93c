#include "lib/trust/revocations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "lib/trust/identity.h"

namespace atl::trust {
namespace {

constexpr std::string_view kHeading = "atoll-revocations-1\n";

bool parse_line(std::string_view line, Revocation& out) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !parse_identity(line.substr(space + 1))) return false;
  int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + space, milliseconds);
  if (error != std::errc{} || end != line.data() + space || milliseconds < 0) return false;
  out = {.uri = std::string(line.substr(space + 1)),
         .until = WallTime{std::chrono::milliseconds{milliseconds}}};
  return true;
}

}  // namespace

bool is_revoked(const Revocations& list, std::string_view uri, WallTime issued) {
  return std::ranges::any_of(
      list, [&](const Revocation& one) { return one.uri == uri && issued <= one.until; });
}

void revoke(Revocations& list, std::string_view uri, WallTime now) {
  std::erase_if(list, [&](const Revocation& one) {
    return one.uri == uri || one.until < now - kLongestLife;
  });
  list.push_back({.uri = std::string(uri), .until = now});
}

std::string to_text(const Revocations& list) {
  std::string text(kHeading);
  for (const Revocation& one : list) {
    text += fmt::format("{} {}\n", one.until.time_since_epoch().count(), one.uri);
  }
  return text;
}

std::expected<Revocations, const char*> parse_revocations(std::string_view text) {
  if (!text.starts_with(kHeading)) return std::unexpected("it is no list of revocations");
  text.remove_prefix(kHeading.size());
  Revocations list;
  std::set<std::string_view> seen;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::unexpected("its last line is cut off");
    const std::string_view line = text.substr(0, end);
    Revocation one;
    if (!parse_line(line, one)) return std::unexpected("a line of it is no revocation");
    if (!seen.insert(line.substr(line.find(' ') + 1)).second) {
      return std::unexpected("it names somebody twice");
    }
    list.push_back(std::move(one));
    text.remove_prefix(end + 1);
  }
  return list;
}

}  // namespace atl::trust
