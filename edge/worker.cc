#include "edge/worker.h"

#include <utility>

#include "lib/base/log.h"

namespace atl::edge {

Worker::Worker(Shared& shared, AccessRing* access)
    : shared_(shared),
      client_(rpc::make_exchange_client(loop_)),
      fetches_(std::make_unique<FetchSet>(FetchContext{.loop = loop_,
                                                       .client = *client_,
                                                       .store = shared.store,
                                                       .flights = shared.flights,
                                                       .budget = shared.budget,
                                                       .counters = counters_,
                                                       .identity = shared.identity,
                                                       .origins = shared.origins,
                                                       .hot = shared.hot,
                                                       .purges = shared.purges,
                                                       .limits = shared.config.fetch,
                                                       .disk = shared.disk})),
      frontend_(std::make_unique<Frontend>(FrontendContext{.loop = loop_,
                                                           .clock = shared.clock,
                                                           .store = shared.store,
                                                           .flights = shared.flights,
                                                           .fetches = *fetches_,
                                                           .counters = counters_,
                                                           .identity = shared.identity,
                                                           .places = shared.places,
                                                           .access = access})),
      door_(std::make_unique<PeerDoor>(loop_, *frontend_)),
      server_(std::make_unique<server::Server>(loop_, *frontend_, shared.config.limits)),
      publisher_(loop_, [this] { publish(); }) {
  publisher_.start_periodic(kPublish);
}

Worker::~Worker() {
  stop();
  shut_down();
}

Result<net::Endpoint> Worker::listen(const net::Endpoint& at) { return server_->listen(at); }

Result<net::Endpoint> Worker::listen_tls(const net::Endpoint& at) {
  return server_->listen_tls(at);
}

void Worker::use_tls(std::shared_ptr<const net::TlsContext> context) {
  server_->use_tls(std::move(context), shared_.config.tls.handshake_time);
}

void Worker::change_tls(std::shared_ptr<const net::TlsContext> context) {
  loop_.post([this, context = std::move(context)]() mutable { use_tls(std::move(context)); });
}

void Worker::use_trust(std::shared_ptr<const net::TlsClientContext> context,
                       std::shared_ptr<const trust::Guard> guard) {
  loop_.post([this, context = std::move(context), guard = std::move(guard)]() mutable {
    client_->use_tls(std::move(context), std::move(guard));
  });
}

void Worker::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Worker::set_routes(std::shared_ptr<const RouteTable> routes) {
  loop_.post([this, routes = std::move(routes)]() mutable {
    routes_ = routes;
    frontend_->set_routes(std::move(routes));
  });
}

void Worker::drain(server::Draining how, std::function<void()> drained) {
  loop_.post([this, how, drained = std::move(drained)]() mutable {
    server_->drain(
        [this, drained = std::move(drained)] {
          publish();
          drained();
        },
        how);
  });
}

void Worker::listen_on(net::Descriptor socket, bool tls) {
  loop_.post([this, socket = std::move(socket), tls]() mutable {
    if (const auto bound = server_->listen_on(std::move(socket), tls); !bound) {
      log_error("cannot accept from the socket handed over: {}", bound.error().detail);
    }
  });
}

void Worker::duplicate_sockets(
    std::move_only_function<void(std::vector<server::ListeningSocket>)> told) {
  loop_.post([this, told = std::move(told)]() mutable { told(server_->duplicate_sockets()); });
}

void Worker::abort_all() {
  loop_.post([this] { server_->abort_all(); });
}

void Worker::resume() {
  loop_.post([this] {
    if (const auto listening = server_->resume(); !listening) {
      log_error("cannot listen again: {}", listening.error().detail);
    }
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void Worker::shut_down() {
  server_ = nullptr;
  door_ = nullptr;
  frontend_ = nullptr;
  fetches_ = nullptr;
  client_ = nullptr;
}

void Worker::publish() {
  const server::Statistics& counts = server_->statistics();
  const Gauges gauges{.accepted = counts.accepted,
                      .connections = counts.connections,
                      .active = counts.in_flight,
                      .timed_out = counts.timed_out,
                      .tls = server_->tls_statistics()};
  Reachability reachability;
  if (routes_ != nullptr) {
    for (const OriginEndpoint& origin : routes_->origins()) {
      reachability[origin.endpoint] = client_->reachable(origin.endpoint);
    }
  }
  const std::lock_guard lock(published_mutex_);
  published_ = gauges;
  reachability_ = std::move(reachability);
}

Worker::Gauges Worker::gauges() const {
  const std::lock_guard lock(published_mutex_);
  return published_;
}

Reachability Worker::reachability() const {
  const std::lock_guard lock(published_mutex_);
  return reachability_;
}

}  // namespace atl::edge
