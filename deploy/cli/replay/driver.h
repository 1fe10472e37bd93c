#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "deploy/cli/replay/plan.h"
#include "deploy/cli/replay/tally.h"
#include "lib/base/outcome.h"
#include "lib/trace/trace.h"

namespace atl::cli {

struct ReplayOptions {
  std::string host = "trace.atoll";  // Host of every request
  unsigned concurrency = 64;         // requests in flight, over all threads
  unsigned threads = 1;
  std::optional<uint64_t> limit;  // rows; absent: the whole trace
  double scale = 1.0;             // of sizes and ranges
  uint64_t seed = 1;
  bool verify = false;                      // compare the bytes of every body
  std::chrono::milliseconds stall{30'000};  // no byte for this long: an error
};

// Hands the rows of a trace to the driver threads, in order. Any thread.
class RowFeed {
 public:
  RowFeed(trace::TraceReader reader, std::optional<uint64_t> limit)
      : reader_(std::move(reader)), left_(limit.value_or(UINT64_MAX)) {}

  // The next row; nullopt at the end, after stop(), and after a damaged row.
  std::optional<trace::TraceRow> next();
  void stop() { stopped_ = true; }
  // Why it ended early; empty when it did not. After the threads have ended.
  const std::string& problem() const { return problem_; }

 private:
  std::mutex mutex_;
  trace::TraceReader reader_;
  uint64_t left_;
  std::string problem_;
  std::atomic<bool> stopped_ = false;
};

// What the progress bar shows while the threads work.
struct Progress {
  std::atomic<uint64_t> done = 0;
  std::atomic<uint64_t> hits = 0;
  std::atomic<uint64_t> errors = 0;
  std::atomic<uint64_t> bytes = 0;
};

// One thread's work: takes rows from `feed`, keeps up to `slots` requests in flight on kept-alive
// connections, checks every answer, and returns what it saw when the feed is empty and the last
// answer is in. The error is one that ends the replay, not a failed request.
Outcome<Tally> drive(const Plan& plan, const ReplayOptions& options, unsigned slots, RowFeed& feed,
                     Progress& progress);

}  // namespace atl::cli
