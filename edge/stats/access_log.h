#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "edge/stats/counters.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

namespace atl::edge {

// One line of the access log. Views borrow for the call.
struct AccessEntry {
  WallTime time{};
  std::string_view client;
  std::string_view method;
  std::string_view host;
  std::string_view path;
  uint16_t status = 0;
  uint64_t bytes = 0;
  Outcome outcome = Outcome::Miss;
  std::string_view reason;  // static text
  std::chrono::nanoseconds ttfb{0};
  bool aborted = false;
};

// One worker's way to the log: a ring of records of fixed size, written by the worker, read by the
// log's thread, so that a slow disk never stops a loop. A full ring drops records and counts them.
class AccessRing {
 public:
  static constexpr size_t kRecords = 4096;  // a power of two

  void push(const AccessEntry& entry);
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  friend class AccessLog;

  // Longer texts are cut; "..." shows it.
  template <size_t N>
  struct Text {
    uint16_t size = 0;
    std::array<char, N> bytes;
    void set(std::string_view text);
    std::string_view view() const { return {bytes.data(), size}; }
  };
  struct Record {
    WallTime time{};
    uint64_t bytes = 0;
    int64_t ttfb_us = 0;
    std::string_view reason;
    uint16_t status = 0;
    Outcome outcome = Outcome::Miss;
    bool aborted = false;
    Text<16> method;
    Text<46> client;
    Text<96> host;
    Text<320> path;
  };

  // The log's thread: formats what is there into `out`.
  void drain(std::string& out);

  std::vector<Record> records_ = std::vector<Record>(kRecords);
  alignas(64) std::atomic<uint64_t> written_{0};
  alignas(64) std::atomic<uint64_t> read_{0};
  std::atomic<uint64_t> dropped_{0};
};

// Writes JSON lines to a file, or to standard output for "-", from a thread of its own, ten times a
// second and when it ends. reopen() lets a rotated file go.
class AccessLog {
 public:
  // Io when the file cannot be opened for appending.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, size_t workers);
  ~AccessLog();  // after the workers have stopped; writes what is left
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  AccessRing& ring(size_t worker) { return *rings_[worker]; }
  void reopen();  // any thread
  uint64_t dropped() const;

 private:
  AccessLog(std::string path, int descriptor, size_t workers);
  void run();
  void write_out(std::string& text);

  const std::string path_;
  int descriptor_;
  std::vector<std::unique_ptr<AccessRing>> rings_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool reopen_ = false;
  bool broken_ = false;  // the last write failed; said once
  std::thread thread_;
};

// One JSON object and a newline, as the log has it.
void append_json_string(std::string& out, std::string_view text);

}  // namespace atl::edge
