#include "lib/server/connection_set.h"

#include <algorithm>
#include <utility>

#include "lib/server/http1_connection.h"

namespace atl::server {

ConnectionSet::ConnectionSet(Application& application, const Limits& limits, const Clock& clock,
                             Hooks hooks)
    : application_(application), limits_(limits), clock_(clock), hooks_(std::move(hooks)) {}

ConnectionSet::~ConnectionSet() { abort_all(); }

void ConnectionSet::abort_all() {
  while (!slots_.empty()) slots_.back().connection->cut_off();
}

void ConnectionSet::adopt(std::unique_ptr<net::Stream> stream) {
  ++statistics_.accepted;
  ++statistics_.connections;
  auto connection = std::make_unique<Http1Connection>(*this, std::move(stream), slots_.size());
  Http1Connection& added = *connection;
  slots_.push_back({MonoTime::max(), std::move(connection)});
  added.start();
}

void ConnectionSet::end_turn() {
  turn_end_asked_ = false;
  // What was left for the next turn is due; what is left from here on is not.
  now_.insert(now_.end(), later_.begin(), later_.end());
  later_.clear();
  while (!now_.empty() || !buried_.empty() || !retired_.empty()) {
    running_.swap(now_);
    for (size_t i = 0; i < running_.size(); ++i) {
      if (running_[i] != nullptr) running_[i]->on_turn_end();
    }
    running_.clear();
    // Freeing an application's objects may well lead to more work here.
    auto handlers = std::exchange(retired_, {});
    handlers.clear();
    auto connections = std::exchange(buried_, {});
    const bool closed = !connections.empty();
    connections.clear();
    if (closed && hooks_.on_closed) hooks_.on_closed();
  }
  turn_end_asked_ = false;
  if (!later_.empty()) ask(Wake::NextTurn);
}

void ConnectionSet::sweep(MonoTime now) {
  // From the back: a connection that dies is replaced by the last one, which was looked at.
  for (size_t i = slots_.size(); i-- > 0;) {
    if (i < slots_.size() && slots_[i].deadline <= now) slots_[i].connection->on_deadline(now);
  }
}

std::chrono::milliseconds ConnectionSet::sweep_interval() const {
  const auto shortest = std::min({limits_.head_time, limits_.body_idle, limits_.keep_alive,
                                  limits_.write_idle, Http1Connection::kLingerTime});
  return std::clamp(shortest / 8, std::chrono::milliseconds{20}, std::chrono::milliseconds{1000});
}

void ConnectionSet::set_draining(Draining how) {
  draining_ = how;
  if (how != Draining::Now) return;
  for (size_t i = slots_.size(); i-- > 0;) {
    if (i < slots_.size()) slots_[i].connection->on_drain();
  }
}

void ConnectionSet::set_deadline(const Http1Connection& connection, MonoTime deadline) {
  slots_[connection.slot()].deadline = deadline;
}

void ConnectionSet::ask(Wake when) {
  if (when == Wake::TurnEnd && std::exchange(turn_end_asked_, true)) return;
  if (hooks_.wake) hooks_.wake(when);
}

void ConnectionSet::run_at_turn_end(Http1Connection& connection) {
  now_.push_back(&connection);
  ask(Wake::TurnEnd);
}

void ConnectionSet::run_next_turn(Http1Connection& connection) {
  if (later_.empty()) ask(Wake::NextTurn);
  later_.push_back(&connection);
}

void ConnectionSet::forget(std::vector<Http1Connection*>& list, const Http1Connection& connection) {
  for (Http1Connection*& entry : list) {
    if (entry == &connection) entry = nullptr;
  }
}

void ConnectionSet::bury(Http1Connection& connection) {
  forget(now_, connection);
  forget(later_, connection);
  forget(running_, connection);
  const size_t slot = connection.slot();
  buried_.push_back(std::move(slots_[slot].connection));
  if (slot + 1 < slots_.size()) {
    slots_[slot] = std::move(slots_.back());
    slots_[slot].connection->set_slot(slot);
  }
  slots_.pop_back();
  --statistics_.connections;
  ask(Wake::TurnEnd);
}

void ConnectionSet::retire(std::unique_ptr<Handler> handler) {
  if (handler == nullptr) return;
  retired_.push_back(std::move(handler));
  ask(Wake::TurnEnd);
}

std::unique_ptr<http::RequestParser> ConnectionSet::take_parser() {
  auto parser = parsers_.take();
  if (parser != nullptr) return parser;
  return std::make_unique<http::RequestParser>(http::HeadLimits{
      .request_line = limits_.request_line.count,
      .head = limits_.head.count,
      .fields = limits_.fields,
  });
}

std::unique_ptr<OutputBatch> ConnectionSet::take_batch() {
  auto batch = batches_.take();
  return batch != nullptr ? std::move(batch) : std::make_unique<OutputBatch>();
}

}  // namespace atl::server
