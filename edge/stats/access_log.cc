#include "edge/stats/access_log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/log.h"

namespace atl::edge {
namespace {

int open_log(const std::string& path) {
  if (path == "-") return ::dup(STDOUT_FILENO);
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      // Bytes above ASCII are shown one by one: a request target need not be UTF-8.
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

template <size_t N>
void AccessRing::Text<N>::set(std::string_view text) {
  const size_t count = std::min(text.size(), N);
  std::copy_n(text.data(), count, bytes.data());
  if (text.size() > N) std::fill_n(bytes.data() + N - 3, 3, '.');
  size = static_cast<uint16_t>(count);
}

void AccessRing::push(const AccessEntry& entry) {
  const uint64_t at = written_.load(std::memory_order_relaxed);
  if (at - read_.load(std::memory_order_acquire) == kRecords) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Record& record = records_[at % kRecords];
  record.time = entry.time;
  record.bytes = entry.bytes;
  record.ttfb_us = std::chrono::duration_cast<std::chrono::microseconds>(entry.ttfb).count();
  record.reason = entry.reason;
  record.status = entry.status;
  record.outcome = entry.outcome;
  record.aborted = entry.aborted;
  record.method.set(entry.method);
  record.client.set(entry.client);
  record.host.set(entry.host);
  record.path.set(entry.path);
  written_.store(at + 1, std::memory_order_release);
}

void AccessRing::drain(std::string& out) {
  uint64_t at = read_.load(std::memory_order_relaxed);
  const uint64_t end = written_.load(std::memory_order_acquire);
  for (; at != end; ++at) {
    const Record& record = records_[at % kRecords];
    const auto ms = record.time.time_since_epoch().count() % 1000;
    fmt::format_to(std::back_inserter(out), "{{\"time\":\"{:%FT%T}.{:03}Z\",\"client\":",
                   fmt::gmtime(std::chrono::floor<std::chrono::seconds>(record.time)), ms);
    append_json_string(out, record.client.view());
    out += ",\"method\":";
    append_json_string(out, record.method.view());
    out += ",\"host\":";
    append_json_string(out, record.host.view());
    out += ",\"path\":";
    append_json_string(out, record.path.view());
    fmt::format_to(std::back_inserter(out),
                   ",\"status\":{},\"bytes\":{},\"outcome\":\"{}\",\"reason\":", record.status,
                   record.bytes, to_string(record.outcome));
    append_json_string(out, record.reason);
    fmt::format_to(std::back_inserter(out), ",\"ttfb_us\":{}{}}}\n", record.ttfb_us,
                   record.aborted ? ",\"aborted\":true" : "");
  }
  read_.store(end, std::memory_order_release);
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path, size_t workers) {
  const int descriptor = open_log(path);
  if (descriptor < 0) {
    return std::unexpected(
        Error{Code::Io, Side::Self, false, "the access log cannot be opened for appending"});
  }
  return std::unique_ptr<AccessLog>(new AccessLog(path, descriptor, workers));
}

AccessLog::AccessLog(std::string path, int descriptor, size_t workers)
    : path_(std::move(path)), descriptor_(descriptor) {
  for (size_t i = 0; i < workers; ++i) rings_.push_back(std::make_unique<AccessRing>());
  thread_ = std::thread([this] { run(); });
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  ::close(descriptor_);
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

uint64_t AccessLog::dropped() const {
  uint64_t total = 0;
  for (const auto& ring : rings_) total += ring->dropped();
  return total;
}

void AccessLog::run() {
  std::string text;
  for (bool stop = false; !stop;) {
    bool reopen = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds{100}, [this] { return stopping_ || reopen_; });
      stop = stopping_;
      reopen = std::exchange(reopen_, false);
    }
    for (const auto& ring : rings_) ring->drain(text);
    write_out(text);
    if (!reopen) continue;
    if (const int fresh = open_log(path_); fresh >= 0) {
      ::close(std::exchange(descriptor_, fresh));
    } else {
      log_error("access log {}: {}", path_, std::strerror(errno));
    }
  }
}

void AccessLog::write_out(std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (!std::exchange(broken_, true)) {
        log_error("access log {}: {}; lines are lost", path_, std::strerror(errno));
      }
      break;
    }
    broken_ = false;
    rest.remove_prefix(static_cast<size_t>(written));
  }
  text.clear();
}

}  // namespace atl::edge
