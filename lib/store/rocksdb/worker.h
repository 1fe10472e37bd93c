#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace atl::store {

// A thread that does jobs in the order in which they came, as many at a time as wait.
template <class Job>
class Worker {
 public:
  // `work` takes at least one job from the front and may leave the rest. On the thread.
  using Work = std::move_only_function<void(std::deque<Job>& jobs)>;

  explicit Worker(Work work) : work_(std::move(work)), thread_([this] { run(); }) {}
  // Finishes what waits.
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void add(Job job) {
    bool sleeping = false;
    {
      const std::lock_guard lock(mutex_);
      sleeping = waiting_.empty();
      waiting_.push_back(std::move(job));
    }
    if (sleeping) wake_.notify_one();
  }

 private:
  void run() {
    std::deque<Job> taken;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (taken.empty()) wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (taken.empty()) {
          std::swap(taken, waiting_);
        } else {
          for (Job& job : waiting_) taken.push_back(std::move(job));
          waiting_.clear();
        }
      }
      if (taken.empty()) return;  // closed, and nothing is left
      work_(taken);
    }
  }

  Work work_;
  std::mutex mutex_;  // guards the next two
  std::deque<Job> waiting_;
  bool closed_ = false;
  std::condition_variable wake_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace atl::store
