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
      sweep_(loop, [this] {
        connections_->sweep(loop_.now());
        if (tls_ != nullptr) tls_->sweep(loop_.now());
      }) {
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

void Server::use_tls(std::shared_ptr<const net::TlsContext> context,
                     std::chrono::milliseconds handshake_time) {
  if (tls_ != nullptr) return tls_->set_context(std::move(context));
  tls_ = std::make_unique<net::TlsAcceptor>(
      std::move(context), handshake_time, *clock_,
      net::TlsAcceptor::Hooks{
          .on_ready = [this](std::unique_ptr<net::Stream> stream) { adopt(std::move(stream)); },
          .on_failed = [this] { on_closed(); },
          .wake = [this] { end_tls_turn(); }});
}

// When the turn ends.
void Server::end_tls_turn() {
  loop_.at_turn_end([weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (self != nullptr && *self != nullptr) (*self)->tls_->end_turn();
  });
}

Result<net::Endpoint> Server::listen(const net::Endpoint& at) {
  return start_listening({at, false});
}
Result<net::Endpoint> Server::listen_tls(const net::Endpoint& at) {
  return start_listening({at, true});
}

Result<net::Endpoint> Server::start_listening(const Listening& what) {
  auto bound = open(what);
  if (bound) endpoints_.push_back({*bound, what.tls});
  return bound;
}

net::TcpListener::OnAccept Server::on_accept(bool tls) {
  return [this, tls](std::unique_ptr<net::TcpStream> stream) {
    if (tls) {
      accept_tls(std::move(stream));
    } else {
      adopt(std::move(stream));
    }
  };
}

Result<net::Endpoint> Server::open(const Listening& what) {
  auto listener = net::TcpListener::listen(loop_, what.at, {}, on_accept(what.tls));
  if (!listener) return std::unexpected(listener.error());
  return keep(std::move(*listener));
}

net::Endpoint Server::keep(std::unique_ptr<net::TcpListener> listener) {
  if (full_) listener->pause();
  listeners_.push_back(std::move(listener));
  return listeners_.back()->local_address();
}

Result<net::Endpoint> Server::listen_on(net::Descriptor socket, bool tls) {
  auto listener = net::TcpListener::adopt(loop_, std::move(socket), on_accept(tls));
  if (!listener) return std::unexpected(listener.error());
  const net::Endpoint at = keep(std::move(*listener));
  endpoints_.push_back({at, tls});
  return at;
}

std::vector<ListeningSocket> Server::duplicate_sockets() const {
  std::vector<ListeningSocket> sockets;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    sockets.push_back({endpoints_[i].at, endpoints_[i].tls, listeners_[i]->duplicate()});
  }
  return sockets;
}

void Server::adopt(std::unique_ptr<net::Stream> stream) {
  connections_->adopt(std::move(stream));
  limit_accepting();
}

void Server::accept_tls(std::unique_ptr<net::Stream> transport) {
  tls_->accept(std::move(transport));
  limit_accepting();
}

void Server::on_closed() {
  limit_accepting();
  check_drained();
}

void Server::limit_accepting() {
  const uint64_t open = statistics().connections + tls_statistics().under_way;
  const bool full = open >= limits_.connections;
  if (std::exchange(full_, full) == full) return;
  for (const auto& listener : listeners_) {
    if (full) {
      listener->pause();
    } else {
      listener->resume();
    }
  }
}

void Server::drain(std::function<void()> done, Draining how) {
  draining_ = true;
  drained_ = std::move(done);
  // A listener that pauses may hold a connection that it has taken out of the socket.
  for (const auto& listener : listeners_) listener->resume();
  listeners_.clear();
  // No request has come of unfinished handshakes.
  if (tls_ != nullptr && how == Draining::Now) tls_->abort_all();
  connections_->set_draining(how);
  check_drained();
}

void Server::check_drained() {
  const uint64_t left = statistics().connections + tls_statistics().under_way;
  if (!draining_ || drained_ == nullptr || left > 0) return;
  loop_.post([weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (self == nullptr || *self == nullptr) return;
    if (auto done = std::exchange((*self)->drained_, nullptr)) done();
  });
}

Result<void> Server::resume() {
  if (!std::exchange(draining_, false)) return {};
  drained_ = nullptr;
  connections_->set_draining(Draining::No);
  Result<void> outcome;
  for (const Listening& what : endpoints_) {
    if (const auto bound = open(what); !bound && outcome) outcome = std::unexpected(bound.error());
  }
  return outcome;
}

void Server::abort_all() {
  if (tls_ != nullptr) tls_->abort_all();
  connections_->abort_all();
}

}  // namespace atl::server
