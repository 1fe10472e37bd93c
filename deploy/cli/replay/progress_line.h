#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "deploy/cli/replay/driver.h"

namespace atl::cli {

// A moment of a replay, as numbers.
struct ProgressSample {
  std::chrono::duration<double> elapsed{0};
  uint64_t done = 0;
  uint64_t hits = 0;
  uint64_t errors = 0;
  uint64_t bytes = 0;
  std::optional<uint64_t> total;  // absent: not known
};

// One line without its end: on a terminal with a bar, at most `width` columns; else plain.
std::string progress_text(const ProgressSample& sample, bool terminal, size_t width);

// Shows progress on standard error: redrawn in place ten times a second on a terminal, otherwise a
// line every ten seconds. One thread.
class ProgressLine {
 public:
  ProgressLine(const Progress& progress, std::optional<uint64_t> total, bool quiet);
  // Draws when it is time; call often.
  void tick();
  // Draws the last state and ends the line.
  void finish();
  std::chrono::duration<double> elapsed() const;

 private:
  ProgressSample sample() const;
  void draw();

  const Progress& progress_;
  std::optional<uint64_t> total_;
  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace atl::cli
