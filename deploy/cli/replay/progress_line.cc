#include "deploy/cli/replay/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainLine{10};
constexpr size_t kBarWidth = 24;

size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

double per_second(uint64_t count, std::chrono::duration<double> elapsed) {
  return elapsed.count() > 0 ? static_cast<double>(count) / elapsed.count() : 0;
}

std::string time_left(const ProgressSample& s) {
  if (s.done == 0 || *s.total <= s.done) return {};
  const double seconds = static_cast<double>(*s.total - s.done) / per_second(s.done, s.elapsed);
  return "  " + span_text(static_cast<uint64_t>(seconds) + 1) + " left";
}

}  // namespace

std::string progress_text(const ProgressSample& s, bool terminal, size_t width) {
  std::string line;
  if (s.total && *s.total != 0) {
    const double part = std::min(1.0, static_cast<double>(s.done) / static_cast<double>(*s.total));
    if (terminal) {
      const auto filled = static_cast<size_t>(part * kBarWidth);
      line += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
    }
    line += fmt::format("{:.0f}%  ", part * 100);
  }
  line += grouped(s.done);
  if (s.total) line += " of " + grouped(*s.total);
  const uint64_t good = s.done - std::min(s.done, s.errors);
  line += fmt::format("  {}/s  {:.0f} MB/s",
                      grouped(static_cast<uint64_t>(per_second(s.done, s.elapsed))),
                      per_second(s.bytes, s.elapsed) / 1e6);
  if (good != 0) {
    line += "  " + percent(static_cast<double>(s.hits) / static_cast<double>(good)) + " hits";
  }
  if (s.errors != 0) line += "  " + grouped(s.errors) + " errors";
  if (s.total) line += time_left(s);
  if (terminal && line.size() >= width) line.resize(width > 0 ? width - 1 : 0);
  return line;
}

ProgressLine::ProgressLine(const Progress& progress, std::optional<uint64_t> total, bool quiet)
    : progress_(progress),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      next_(start_ + (terminal_ ? std::chrono::nanoseconds(kRedraw)
                                : std::chrono::nanoseconds(kPlainLine))) {}

void ProgressLine::tick() {
  const auto now = std::chrono::steady_clock::now();
  if (quiet_ || now < next_) return;
  next_ =
      now + (terminal_ ? std::chrono::nanoseconds(kRedraw) : std::chrono::nanoseconds(kPlainLine));
  draw();
}

void ProgressLine::finish() {
  if (quiet_) return;
  draw();
  if (terminal_) std::fputc('\n', stderr);
}

std::chrono::duration<double> ProgressLine::elapsed() const {
  return std::chrono::steady_clock::now() - start_;
}

ProgressSample ProgressLine::sample() const {
  ProgressSample s;
  s.elapsed = elapsed();
  s.done = progress_.done.load(std::memory_order_relaxed);
  s.hits = progress_.hits.load(std::memory_order_relaxed);
  s.errors = progress_.errors.load(std::memory_order_relaxed);
  s.bytes = progress_.bytes.load(std::memory_order_relaxed);
  s.total = total_;
  return s;
}

void ProgressLine::draw() {
  const std::string line = progress_text(sample(), terminal_, terminal_width());
  if (terminal_) {
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

}  // namespace atl::cli
