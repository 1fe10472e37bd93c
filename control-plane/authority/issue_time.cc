#include "control-plane/authority/issue_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "lib/base/durable_file.h"

namespace atl::control {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLargestFile = 64;

// A file of one line: the last one given out, in Unix milliseconds.
std::optional<WallTime> parse(std::string_view text) {
  int64_t count = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc{} || std::string_view(end, last) != "\n" || count < 0) return std::nullopt;
  return WallTime{milliseconds{count}};
}

}  // namespace

std::expected<WallTime, std::string> next_issue_time(const std::string& directory, WallTime now) {
  const std::string path = directory + "/issued";
  const auto text = read_file(path, kLargestFile);
  if (!text) return std::unexpected(text.error());
  WallTime next = now;
  if (*text) {
    const auto last = parse(**text);
    if (!last) return std::unexpected(path + " is damaged: it says when something was last issued");
    next = std::max(now, *last + milliseconds{1});
  }
  const auto saved =
      replace_file(path, fmt::format("{}\n", next.time_since_epoch().count()), FileAccess::Owner);
  if (!saved) return std::unexpected(saved.error());
  return next;
}

}  // namespace atl::control
