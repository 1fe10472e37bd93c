#include "lib/server/server.h"

#include <utility>

namespace atl::server {

Server::Server(net::Loop& on_loop, const Limits& with_limits, Application& application)
    : ConnectionContext(on_loop, with_limits, application),
      tick_(on_loop, [this] { wheel.advance(loop.now()); }) {
  tick_.start_periodic(DeadlineWheel::kTick);
}

Server::~Server() { connections_.clear(); }

Result<net::Endpoint> Server::listen(const net::Endpoint& at) {
  auto listener = net::TcpListener::listen(
      loop, at, {}, [this](std::unique_ptr<net::TcpStream> stream) { adopt(std::move(stream)); });
  if (!listener) return std::unexpected(listener.error());
  listeners_.push_back(std::move(*listener));
  return listeners_.back()->local_address();
}

void Server::adopt(std::unique_ptr<net::Stream> stream) {
  ++statistics.accepted;
  ++statistics.open;
  ConnectionContext& context = *this;
  auto connection = std::make_unique<Http1Connection>(context, std::move(stream));
  connection->index = connections_.size();
  connections_.push_back(std::move(connection));
  if (connections_.size() >= limits.connections && !std::exchange(accepting_paused_, true)) {
    for (const auto& listener : listeners_) listener->pause();
  }
  connections_.back()->start();
}

void Server::on_closed(Http1Connection& connection) {
  const size_t index = connection.index;
  std::unique_ptr<Http1Connection> dead = std::move(connections_[index]);
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
  --statistics.open;
  forget(*dead);
  loop.dispose(std::move(dead));
  if (accepting_paused_ && connections_.size() + 1 < limits.connections) {
    accepting_paused_ = false;
    for (const auto& listener : listeners_) listener->resume();
  }
  if (draining && connections_.empty()) report_drained();
}

void Server::drain(std::function<void()> done) {
  drained_ = std::move(done);
  draining = true;
  listeners_.clear();
  // Closing takes a connection off the list, so walk from the end.
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->drain();
  if (connections_.empty()) report_drained();
}

void Server::report_drained() {
  if (auto done = std::exchange(drained_, nullptr)) loop.post([done = std::move(done)] { done(); });
}

void Server::abort_all() {
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->abort(Abort::Shutdown);
}

}  // namespace atl::server
