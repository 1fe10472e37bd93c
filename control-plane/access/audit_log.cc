#include "control-plane/access/audit_log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "lib/net/descriptor.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kTail = size_t{1} << 20;  // bytes read at most

// RFC 3339, in UTC.
std::string time_text(uint64_t time_ms) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", parts, time_ms % 1000);
}

std::string_view outcome(const AuditEntry& entry) {
  if (entry.reason.empty()) return "done";
  return entry.status >= 500 || entry.status == 0 ? "failed" : "refused";
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::unexpected<std::string> failed(std::string_view what, const std::string& path) {
  return std::unexpected(
      fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(errno)));
}

}  // namespace

std::string to_json_line(const AuditEntry& entry) {
  const Json json{{"time", time_text(entry.time_ms)},
                  {"time_ms", entry.time_ms},
                  {"token", or_null(entry.token)},
                  {"role", or_null(entry.role)},
                  {"client", or_null(entry.client)},
                  {"action", entry.action},
                  {"subject", or_null(entry.subject)},
                  {"outcome", outcome(entry)},
                  {"status", entry.status},
                  {"reason", or_null(entry.reason)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::expected<void, std::string> AuditLog::append(const AuditEntry& entry) {
  const std::string line = to_json_line(entry) + "\n";
  net::Descriptor file(
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!file) return failed("write", path_);
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return failed("write", path_);
  if (static_cast<size_t>(status.st_size) + line.size() > kLargest) {
    if (rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return failed("put aside", path_);
    file = net::Descriptor(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (!file) return failed("write", path_);
  }
  // In one write, so that lines of several processes do not mix.
  const ssize_t written = ::write(file.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return {};
  if (written >= 0) errno = ENOSPC;
  return failed("write", path_);
}

std::expected<std::vector<std::string>, std::string> AuditLog::latest(size_t limit) const {
  std::vector<std::string> lines;
  const net::Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return lines;
    return failed("read", path_);
  }
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return failed("read", path_);
  const auto size = static_cast<size_t>(status.st_size);
  std::string tail(std::min(size, kTail), '\0');
  const ssize_t count =
      pread(file.get(), tail.data(), tail.size(), static_cast<off_t>(size - tail.size()));
  if (count < 0) return failed("read", path_);
  tail.resize(static_cast<size_t>(count));
  std::string_view rest = tail;
  while (!rest.empty() && lines.size() < std::min(limit, kMostRead)) {
    rest.remove_suffix(rest.ends_with('\n') ? 1 : 0);
    const size_t before = rest.rfind('\n');
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = rest.substr(begin);
    if (Json::parse(line, nullptr, false).is_object()) lines.emplace_back(line);
    rest = rest.substr(0, begin);
  }
  return lines;
}

}  // namespace atl::control
