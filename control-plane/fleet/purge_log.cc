#include "control-plane/fleet/purge_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <charconv>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "lib/base/durable_file.h"

namespace atl::control {
namespace {

constexpr size_t kLargestLog = 64 << 20;  // bytes

// One purge a line: number, time, "hard" or "soft", kind, value ("-" for none), check sum.
std::string line_of(const Purge& purge) {
  const std::string text =
      fmt::format("{} {} {} {} {}", purge.number, purge.time_ms, purge.what.soft ? "soft" : "hard",
                  to_string(purge.what.kind), purge.what.value.empty() ? "-" : purge.what.value);
  return fmt::format("{} {:016x}\n", text, XXH3_64bits(text.data(), text.size()));
}

template <class Number>
bool read_number(std::string_view text, Number& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Purge> parse_line(std::string_view line) {
  const size_t last_space = line.rfind(' ');
  uint64_t sum = 0;
  if (last_space == std::string_view::npos || !read_number(line.substr(last_space + 1), sum, 16)) {
    return std::nullopt;
  }
  line = line.substr(0, last_space);
  if (sum != XXH3_64bits(line.data(), line.size())) return std::nullopt;
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  Purge purge;
  if (words.size() != 5 || !read_number(words[0], purge.number) ||
      !read_number(words[1], purge.time_ms)) {
    return std::nullopt;
  }
  const auto kind = parse_purge_kind(words[3]);
  if (!kind) return std::nullopt;
  purge.what = {*kind, words[4] == "-" ? "" : std::string(words[4]), words[2] == "soft"};
  return purge;
}

std::expected<void, std::string> append_durably(const std::string& path, std::string_view line) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  const auto failed = [&] {
    return std::unexpected(
        fmt::format("cannot write {}: {}", path, std::generic_category().message(errno)));
  };
  if (descriptor < 0) return failed();
  const ssize_t written = ::write(descriptor, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size()) && fdatasync(descriptor) == 0) {
    close(descriptor);
    return {};
  }
  if (written >= 0 && written < static_cast<ssize_t>(line.size())) errno = ENOSPC;
  auto failure = failed();
  close(descriptor);
  return failure;
}

}  // namespace

std::expected<PurgeLog, std::string> PurgeLog::open(std::string path, std::string& warning) {
  auto bytes = read_file(path, kLargestLog);
  if (!bytes) return std::unexpected(bytes.error());
  PurgeLog log(std::move(path));
  if (!*bytes) return log;
  std::string_view rest = **bytes;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const auto purge =
        end == std::string_view::npos ? std::nullopt : parse_line(rest.substr(0, end));
    if (!purge || (log.last_ != 0 && purge->number != log.last_ + 1)) break;
    log.last_ = purge->number;
    log.entries_.push_back(*purge);
    rest.remove_prefix(end + 1);
  }
  if (rest.empty()) return log;
  warning = fmt::format("{}: damaged after purge {}: the last {} bytes are dropped", log.path_,
                        log.last_, rest.size());
  // A purge that was lost may have reached nodes; numbers must not be given out twice, and nodes
  // that missed it must forget everything.
  log.last_ += kKept;
  log.entries_.clear();
  log.entries_.push_back({++log.last_, 0, {}});
  if (auto written = log.rewrite(); !written) return std::unexpected(written.error());
  return log;
}

std::expected<Purge, std::string> PurgeLog::append(PurgeRequest what, uint64_t time_ms) {
  Purge purge{last_ + 1, time_ms, std::move(what)};
  if (auto written = append_durably(path_, line_of(purge)); !written) {
    // A part of the line may be there; the next one must not continue it.
    if (auto restored = rewrite(); !restored) return std::unexpected(restored.error());
    return std::unexpected(written.error());
  }
  last_ = purge.number;
  entries_.push_back(purge);
  if (entries_.size() > 2 * kKept) {
    entries_.erase(entries_.begin(), std::prev(entries_.end(), kKept));
    if (auto written = rewrite(); !written) return std::unexpected(written.error());
  }
  return purge;
}

std::vector<Purge> PurgeLog::after(uint64_t number) const {
  if (number > last_) number = 0;  // from a log that is not this one
  std::vector<Purge> due;
  if (!entries_.empty() && number + 1 < entries_.front().number) {
    due.push_back({entries_.front().number - 1, entries_.front().time_ms, {}});
  }
  for (const Purge& purge : entries_) {
    if (purge.number > number) due.push_back(purge);
  }
  return due;
}

std::expected<void, std::string> PurgeLog::rewrite() {
  std::string bytes;
  for (const Purge& purge : entries_) bytes += line_of(purge);
  return replace_file(path_, bytes);
}

}  // namespace atl::control
