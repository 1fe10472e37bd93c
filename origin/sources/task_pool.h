#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace atl::origin {

// A fixed number of threads for work that blocks, such as reading files. Whoever posts keeps at
// most one task per exchange queued, so the number of exchanges bounds the queue.
class TaskPool {
 public:
  explicit TaskPool(unsigned threads);
  ~TaskPool();  // finishes what runs, forgets what is queued
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  void post(std::move_only_function<void()> task);  // any thread

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace atl::origin
