#include "edge/disk/device.h"

#include <algorithm>
#include <utility>

#include "lib/base/log.h"

namespace atl::disk {

Device::Device(std::unique_ptr<Volume> volume, const DeviceOptions& options, const PurgeBook& book,
               std::function<bool(uint64_t bytes)> may_reinsert)
    : volume_(std::move(volume)),
      options_(options),
      book_(book),
      may_reinsert_(std::move(may_reinsert)) {}

Device::~Device() { stop(); }

void Device::start() {
  thread_ = std::thread([this] { run(); });
}

void Device::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Device::write(cache::Pin object, const Volume::Item& item) {
  if (failed()) return false;
  const uint64_t bytes = object->charge();
  {
    const std::lock_guard lock(mutex_);
    // One object alone may be larger than the queue.
    const bool full = queued_bytes_ != 0 && queued_bytes_ + bytes > options_.queue_bytes;
    if (stopping_ || full) return false;
    queued_bytes_ += bytes;
    if (oldest_waiting_ == 0) oldest_waiting_ = item.sequence;
    waiting_.insert(item.hash);
    queue_.push_back({std::move(object), item});
  }
  wake_.notify_one();
  return true;
}

bool Device::waits(uint64_t hash) const {
  const std::lock_guard lock(mutex_);
  return waiting_.contains(hash);
}

void Device::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return (ready() && oldest_waiting_ == 0) || stopping_; });
}

uint64_t Device::oldest_sequence() const {
  if (!ready()) return 0;
  // What waits first: it may move into the volume between the two looks, never back.
  uint64_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting = oldest_waiting_;
  }
  const uint64_t there = volume_->oldest_sequence();
  return waiting == 0 ? there : std::min(waiting, there);
}

void Device::run() {
  recover();
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto busy = [&] { return stopping_ || failed() || !queue_.empty(); };
    if (failed()) {
      if (!wake_.wait_for(lock, options_.retry, [&] { return stopping_; })) {
        lock.unlock();
        look_again();
        lock.lock();
      }
    } else {
      wake_.wait(lock, busy);
    }
    while (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      write_one(job);
      const uint64_t bytes = job.object->charge();
      job.object = {};
      lock.lock();
      queued_bytes_ -= bytes;
    }
    lock.unlock();
    finish_batch();
    lock.lock();
    if (queue_.empty()) {
      oldest_waiting_ = 0;
      waiting_.clear();
      settled_.notify_all();
    }
    if (stopping_ && queue_.empty()) return;
  }
}

void Device::recover() {
  const auto recovered = volume_->recover();
  if (recovered) {
    log_info("{}: {} objects found", volume_->path(), volume_->index().size());
  } else {
    fail(recovered.error().detail);
  }
  const std::lock_guard lock(mutex_);
  ready_.store(true, std::memory_order_release);
  settled_.notify_all();
}

void Device::write_one(const Job& job) {
  if (failed()) return;
  const Fate fate =
      book_.judge({job.item.sequence, job.item.hash, job.object->key(), job.object->head()});
  if (fate == Fate::Gone) return;
  note(volume_->append(*job.object, job.item, book_, may_reinsert_));
}

void Device::finish_batch() {
  if (!failed()) note(volume_->flush());
}

void Device::note(const Result<void>& result) {
  if (result) {
    errors_ = 0;
  } else if (result.error().code != Code::TooLarge && ++errors_ >= kMostErrors) {
    fail(result.error().detail);
  }
}

Volume::Reading Device::read(std::string_view key, uint64_t hash,
                             const std::function<bool(std::string_view variant_key)>& matches) {
  if (failed()) return {};
  Volume::Reading reading = volume_->read(key, hash, book_, matches);
  if (reading.device_failed) {
    if (++errors_ >= kMostErrors) fail("the device cannot be read");
  } else if (reading.object) {
    errors_ = 0;
  }
  if (volume_->counters().bad_records - bad_before_ > kMostBadRecords) {
    fail("too many damaged records");
  }
  return reading;
}

void Device::fail(const char* why) {
  if (failed_.exchange(true)) return;
  log_error("{}: {}; the volume is left alone, next look in {} ms", volume_->path(), why,
            options_.retry.count());
  {
    const std::lock_guard lock(mutex_);
  }  // the writer is either before its look or asleep
  wake_.notify_one();
}

void Device::look_again() {
  if (!volume_->probe()) return;
  errors_ = 0;
  bad_before_ = volume_->counters().bad_records.load();
  failed_ = false;
  log_info("{}: answers again", volume_->path());
}

}  // namespace atl::disk
