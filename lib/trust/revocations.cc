#include "lib/trust/revocations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "lib/trust/identity.h"

namespace atl::trust {
namespace {

constexpr std::string_view kHeading = "atoll-revocations-1\n";

bool is_subject(std::string_view uri) {
  return parse_identity(uri) || parse_identity(std::string(uri).append("/node/0"));
}

bool parse_line(std::string_view line, Revocation& out) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_subject(line.substr(space + 1))) return false;
  int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + space, milliseconds);
  if (error != std::errc{} || end != line.data() + space || milliseconds < 0) return false;
  out = {.uri = std::string(line.substr(space + 1)),
         .until = WallTime{std::chrono::milliseconds{milliseconds}}};
  return true;
}

}  // namespace

bool covers(std::string_view revoked, std::string_view identity) {
  if (!identity.starts_with(revoked)) return false;
  // No name has a '/', so only a PoP's URI ends before one.
  return identity.size() == revoked.size() || identity[revoked.size()] == '/';
}

bool is_revoked(const Revocations& list, std::string_view uri, WallTime issued) {
  return std::ranges::any_of(
      list, [&](const Revocation& one) { return covers(one.uri, uri) && issued <= one.until; });
}

void revoke(Revocations& list, std::string_view uri, WallTime until) {
  std::erase_if(list, [&](const Revocation& one) {
    return one.uri == uri || one.until < until - kLongestLife;
  });
  list.push_back({.uri = std::string(uri), .until = until});
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
