#include "origin/sources/service_line.h"

#include <utility>

namespace atl::origin {

struct ServiceLine::Visit final : Waiter, std::enable_shared_from_this<Visit> {
  std::shared_ptr<ServiceLine> line;
  std::chrono::milliseconds service{0};
  std::weak_ptr<Waiter> who;

  void on_deadline() override {
    line->over(shared_from_this());
    if (const auto alive = who.lock()) alive->on_deadline();
  }
};

void ServiceLine::enter(std::chrono::milliseconds service, std::weak_ptr<Waiter> who) {
  auto visit = std::make_shared<Visit>();
  visit->line = shared_from_this();
  visit->service = service;
  visit->who = std::move(who);
  const std::lock_guard lock(mutex_);
  if (served_.size() < desks_) return serve(visit);
  waiting_.push_back(std::move(visit));
}

void ServiceLine::serve(const std::shared_ptr<Visit>& visit) {
  served_.insert(visit);
  timers_.add(std::chrono::steady_clock::now() + visit->service, visit);
}

void ServiceLine::over(const std::shared_ptr<Visit>& visit) {
  const std::lock_guard lock(mutex_);
  served_.erase(visit);
  if (waiting_.empty()) return;
  serve(waiting_.front());
  waiting_.pop_front();
}

void ServiceLine::close() {
  Visits served;
  std::deque<std::shared_ptr<Visit>> waiting;
  const std::lock_guard lock(mutex_);
  served.swap(served_);
  waiting.swap(waiting_);
}

}  // namespace atl::origin
