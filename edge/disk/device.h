#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "edge/disk/admission.h"
#include "edge/disk/purge_book.h"
#include "edge/disk/volume.h"
#include "lib/base/clock.h"

namespace atl::disk {

struct DeviceOptions {
  uint64_t queue_bytes = 0;            // of objects that wait to be written
  std::chrono::milliseconds retry{0};  // between looks at a device that failed
};

// One volume with the thread that writes it, and with a judgement of its health: a device that
// fails again and again is left alone, its content kept in mind, until it answers. Any thread.
class Device {
 public:
  // Errors one after the other, and damaged records since the last look, that make a device failed.
  static constexpr uint64_t kMostErrors = 3;
  static constexpr uint64_t kMostBadRecords = 64;

  // `may_reinsert`: asked for every record that would be written again. All outlive the device.
  Device(std::unique_ptr<Volume> volume, const DeviceOptions& options, const PurgeBook& book,
         std::function<bool(uint64_t bytes)> may_reinsert);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // Begins with recovery, on the device's own thread.
  void start();
  // Writes what is queued, seals nothing: the next start scans the last region. Joins.
  void stop();
  // Closes the volume's file. After stop(), when nobody reads.
  void close() { volume_->close(); }

  // False: no room in the queue (which it may fill alone), or the device has failed.
  bool write(cache::Pin object, const Volume::Item& item);
  Volume::Reading read(std::string_view key, uint64_t hash,
                       const std::function<bool(std::string_view variant_key)>& matches);

  // Whether reading is worth while. No allocation.
  bool offers(uint64_t hash) const { return ready() && !failed() && volume_->contains(hash); }
  // Whether a record of this hash may be there or on its way there.
  bool may_hold(uint64_t hash) const { return !ready() || waits(hash) || volume_->may_hold(hash); }
  void forget(uint64_t hash) { volume_->forget(hash); }

  bool ready() const { return ready_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  // Waits until everything queued so far is written or dropped, or recovery has ended.
  void settle();
  // Not older than this is anything that is there or on its way; 0: not known yet.
  uint64_t oldest_sequence() const;
  const Volume& volume() const { return *volume_; }

 private:
  struct Job {
    cache::Pin object;
    Volume::Item item;
  };
  void run();
  void recover();
  void write_one(const Job& job);
  void finish_batch();
  void note(const Result<void>& result);
  void fail(const char* why);
  void look_again();
  bool waits(uint64_t hash) const;

  const std::unique_ptr<Volume> volume_;
  const DeviceOptions options_;
  const PurgeBook& book_;
  const std::function<bool(uint64_t)> may_reinsert_;

  std::atomic<bool> ready_{false};
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> errors_{0};
  std::atomic<uint64_t> bad_before_{0};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::deque<Job> queue_;
  uint64_t queued_bytes_ = 0;
  uint64_t oldest_waiting_ = 0;           // sequence; 0: nothing waits
  std::unordered_set<uint64_t> waiting_;  // hashes of what is queued or being written
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace atl::disk
