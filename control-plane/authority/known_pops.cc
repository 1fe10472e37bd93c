#include "control-plane/authority/known_pops.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "control-plane/authority/revocation_file.h"
#include "lib/base/directory_lock.h"
#include "lib/base/durable_file.h"
#include "lib/trust/identity.h"

namespace atl::control {
namespace {

constexpr std::string_view kHeading = "atoll-pops-1\n";
constexpr size_t kLargestFile = 16 * 1024 * 1024;

// A name a line, after the heading.
std::string to_text(const std::set<std::string>& pops) {
  std::string text(kHeading);
  for (const std::string& pop : pops) text.append(pop).append("\n");
  return text;
}

std::optional<std::set<std::string>> parse(std::string_view text) {
  if (!text.starts_with(kHeading)) return std::nullopt;
  text.remove_prefix(kHeading.size());
  std::set<std::string> pops;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos || !trust::is_name(text.substr(0, end))) return std::nullopt;
    pops.emplace(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return pops;
}

std::expected<std::set<std::string>, std::string> read(const std::string& path) {
  const auto text = read_file(path, kLargestFile);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::set<std::string>();
  auto pops = parse(**text);
  if (!pops) return std::unexpected(path + " is damaged: it names the PoPs that there were");
  return *std::move(pops);
}

}  // namespace

std::expected<std::set<std::string>, std::string> revoke_removed_pops(
    const std::string& directory, const std::set<std::string>& pops, WallTime now) {
  const std::string path = directory + "/pops";
  const auto before = read(path);
  if (!before) return std::unexpected(before.error());
  if (*before == pops) return std::set<std::string>();
  std::set<std::string> removed;
  std::ranges::set_difference(*before, pops, std::inserter(removed, removed.end()));
  for (const std::string& pop : removed) {
    if (auto done = revoke(directory, trust::pop_uri(pop), now); !done) {
      return std::unexpected(done.error());
    }
  }
  const auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  if (auto saved = replace_file(path, to_text(pops), FileAccess::Owner); !saved) {
    return std::unexpected(saved.error());
  }
  return removed;
}

}  // namespace atl::control
