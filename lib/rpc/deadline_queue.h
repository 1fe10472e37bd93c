#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "lib/base/clock.h"

namespace atl::rpc {

// Calls back when a time has come, on a thread of its own. Any thread.
class DeadlineQueue {
 public:
  class Waiter {
   public:
    virtual ~Waiter() = default;
    virtual void on_deadline() = 0;  // the queue's thread, no lock held
  };
  // Names an entry; 0 names none.
  using Ticket = uint64_t;

  DeadlineQueue();
  ~DeadlineQueue();  // after stop()
  DeadlineQueue(const DeadlineQueue&) = delete;
  DeadlineQueue& operator=(const DeadlineQueue&) = delete;

  Ticket add(MonoTime when, std::weak_ptr<Waiter> waiter);
  // The entry does not fire after this, unless it is firing already.
  void remove(MonoTime when, Ticket ticket);
  // Nothing fires after this. Not on the queue's own thread.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::pair<MonoTime, Ticket>, std::weak_ptr<Waiter>> entries_;
  Ticket next_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace atl::rpc
