#include "lib/rpc/deadline_queue.h"

#include <chrono>
#include <utility>

namespace atl::rpc {

DeadlineQueue::DeadlineQueue() : thread_([this] { run(); }) {}

DeadlineQueue::~DeadlineQueue() { stop(); }

void DeadlineQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

DeadlineQueue::Ticket DeadlineQueue::add(MonoTime when, std::weak_ptr<Waiter> waiter) {
  const std::lock_guard lock(mutex_);
  const Ticket ticket = next_++;
  const auto it = entries_.emplace(std::pair(when, ticket), std::move(waiter)).first;
  if (it == entries_.begin()) wake_.notify_one();  // earlier than what the thread waits for
  return ticket;
}

void DeadlineQueue::remove(MonoTime when, Ticket ticket) {
  const std::lock_guard lock(mutex_);
  entries_.erase({when, ticket});
}

void DeadlineQueue::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto first = entries_.begin();
    const MonoTime due = first->first.first;
    if (due > std::chrono::steady_clock::now()) {
      wake_.wait_until(lock, due);
      continue;
    }
    const std::weak_ptr<Waiter> weak = std::move(first->second);
    entries_.erase(first);
    lock.unlock();
    if (const std::shared_ptr<Waiter> waiter = weak.lock()) waiter->on_deadline();
    lock.lock();
  }
}

}  // namespace atl::rpc
