#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "lib/rpc/deadline_queue.h"

namespace atl::origin {

// A server with so many desks: who comes is served for a time, and waits in order before if no desk
// is free. Whoever leaves meanwhile keeps a desk busy for its time all the same, as in a server
// that does not notice. Any thread; owned by a shared_ptr.
class ServiceLine : public std::enable_shared_from_this<ServiceLine> {
 public:
  using Waiter = rpc::DeadlineQueue::Waiter;

  // `timers` must outlive it.
  ServiceLine(size_t desks, rpc::DeadlineQueue& timers) : desks_(desks), timers_(timers) {}

  // Calls `who` back when its `service` is over, on the timers' thread.
  void enter(std::chrono::milliseconds service, std::weak_ptr<Waiter> who);
  // Forgets everybody. Last call.
  void close();

 private:
  // Somebody who is served or waits.
  struct Visit;
  using Visits = std::unordered_set<std::shared_ptr<Visit>>;

  void serve(const std::shared_ptr<Visit>& visit);  // under the mutex
  void over(const std::shared_ptr<Visit>& visit);

  const size_t desks_;
  rpc::DeadlineQueue& timers_;
  std::mutex mutex_;  // guards what follows
  Visits served_;
  std::deque<std::shared_ptr<Visit>> waiting_;
};

}  // namespace atl::origin
