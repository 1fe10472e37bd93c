#include "lib/server/server.h"

#include <utility>

namespace atl::server {

class Server::LoopClock final : public Clock {
 public:
  explicit LoopClock(const net::Loop& loop) : loop_(loop) {}
  WallTime wall() const override { return loop_.wall_now(); }
  MonoTime mono() const override { return loop_.now(); }

 private:
  const net::Loop& loop_;
};

Server::Server(net::Loop& loop, Application& application, const Limits& limits)
    : loop_(loop),
      application_(application),
      limits_(limits),
      clock_(std::make_unique<LoopClock>(loop)),
      self_(std::make_shared<Server*>(this)),
      connections_(make_set()),
      sweep_(loop, [this] { connections_->sweep(loop_.now()); }) {
  sweep_.start_periodic(connections_->sweep_interval());
}

Server::~Server() {
  *self_ = nullptr;
  listeners_.clear();
}

std::unique_ptr<ConnectionSet> Server::make_set() {
  return std::make_unique<ConnectionSet>(
      application_, limits_, *clock_,
      ConnectionSet::Hooks{.wake = [this](ConnectionSet::Wake when) { wake(when); },
                           .on_closed = [this] { on_closed(); }});
}

void Server::wake(ConnectionSet::Wake when) {
  auto task = [weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (self != nullptr && *self != nullptr) (*self)->connections_->end_turn();
  };
  if (when == ConnectionSet::Wake::TurnEnd) {
    loop_.at_turn_end(std::move(task));
  } else {
    loop_.post(std::move(task));
  }
}

Result<net::Endpoint> Server::listen(const net::Endpoint& at) {
  auto bound = open(at);
  if (bound) endpoints_.push_back(*bound);
  return bound;
}

Result<net::Endpoint> Server::open(const net::Endpoint& at) {
  auto listener = net::TcpListener::listen(
      loop_, at, {}, [this](std::unique_ptr<net::TcpStream> stream) { adopt(std::move(stream)); });
  if (!listener) return std::unexpected(listener.error());
  if (full_) (*listener)->pause();
  listeners_.push_back(std::move(*listener));
  return listeners_.back()->local_address();
}

void Server::adopt(std::unique_ptr<net::Stream> stream) {
  connections_->adopt(std::move(stream));
  limit_accepting();
}

void Server::on_closed() {
  limit_accepting();
  check_drained();
}

void Server::limit_accepting() {
  const bool full = connections_->statistics().connections >= limits_.connections;
  if (std::exchange(full_, full) == full) return;
  for (const auto& listener : listeners_) {
    if (full) {
      listener->pause();
    } else {
      listener->resume();
    }
  }
}

void Server::drain(std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  listeners_.clear();
  connections_->set_draining(true);
  check_drained();
}

void Server::check_drained() {
  if (!draining_ || drained_ == nullptr || statistics().connections > 0) return;
  loop_.post([weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (self == nullptr || *self == nullptr) return;
    if (auto done = std::exchange((*self)->drained_, nullptr)) done();
  });
}

Result<void> Server::resume() {
  if (!std::exchange(draining_, false)) return {};
  drained_ = nullptr;
  connections_->set_draining(false);
  Result<void> outcome;
  for (const net::Endpoint& at : endpoints_) {
    if (const auto bound = open(at); !bound && outcome) outcome = std::unexpected(bound.error());
  }
  return outcome;
}

void Server::abort_all() { connections_->abort_all(); }

}  // namespace atl::server
