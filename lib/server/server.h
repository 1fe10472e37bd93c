#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/descriptor.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_listener.h"
#include "lib/net/tls/tls_acceptor.h"
#include "lib/server/application.h"
#include "lib/server/connection_set.h"
#include "lib/server/limits.h"
#include "lib/server/statistics.h"

namespace atl::server {

// A socket that a server accepts from.
struct ListeningSocket {
  net::Endpoint at;
  bool tls = false;
  net::Descriptor socket;
};

// An HTTP server on one loop: listening sockets and their connections. Loop thread only.
class Server {
 public:
  // `loop` and `application` outlive the server.
  Server(net::Loop& loop, Application& application, const Limits& limits);
  // Cuts off what is still open; handlers hear on_abort(Shutdown).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts connections at the address, of which there may be several. Returns what was bound: with
  // the port the kernel chose, when 0 was asked for. Errors as TcpListener::listen().
  Result<net::Endpoint> listen(const net::Endpoint& at);

  // The certificates for TLS connections that come from now on; those that are open keep theirs.
  // `handshake_time`: from accepting to the end of the handshake; the first call's counts.
  void use_tls(std::shared_ptr<const net::TlsContext> context,
               std::chrono::milliseconds handshake_time);
  // As listen(), for clients that speak TLS. After use_tls().
  Result<net::Endpoint> listen_tls(const net::Endpoint& at);

  // As listen() or listen_tls(), at a socket that listens already.
  Result<net::Endpoint> listen_on(net::Descriptor socket, bool tls);
  // What it accepts from, for a process that will accept from it too. Empty while draining.
  std::vector<ListeningSocket> duplicate_sockets() const;

  // Serves a stream that is connected already.
  void adopt(std::unique_ptr<net::Stream> stream);

  // Stops listening, and closes connections after the response they are at, or their next one,
  // which says `Connection: close`. Draining::Now: gives up unfinished handshakes and closes idle
  // connections too. Draining::Patient may be followed by Draining::Now. `done` is called once, in
  // a later turn, when no connection is left; of two calls the last one's.
  void drain(std::function<void()> done, Draining how = Draining::Now);
  // Ends draining: listens again where it did. The first error, if an address is no longer free;
  // `done` of drain() is not called any more.
  Result<void> resume();
  bool draining() const { return draining_; }

  // Cuts off every connection, now.
  void abort_all();

  const Statistics& statistics() const { return connections_->statistics(); }
  net::TlsStatistics tls_statistics() const {
    return tls_ != nullptr ? tls_->statistics() : net::TlsStatistics{};
  }

 private:
  class LoopClock;
  struct Listening {
    net::Endpoint at;
    bool tls;
  };

  Result<net::Endpoint> start_listening(const Listening& what);
  Result<net::Endpoint> open(const Listening& what);
  net::TcpListener::OnAccept on_accept(bool tls);
  net::Endpoint keep(std::unique_ptr<net::TcpListener> listener);
  void accept_tls(std::unique_ptr<net::Stream> transport);
  void end_tls_turn();
  std::unique_ptr<ConnectionSet> make_set();
  void wake(ConnectionSet::Wake when);
  void on_closed();
  void limit_accepting();
  void check_drained();

  net::Loop& loop_;
  Application& application_;
  const Limits limits_;
  std::unique_ptr<LoopClock> clock_;
  // Outlives the server in what the loop still has to run, which finds it empty then.
  std::shared_ptr<Server*> self_;
  std::vector<Listening> endpoints_;  // of the listeners, in their order
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::unique_ptr<net::TlsAcceptor> tls_;  // null: no TLS; outlives its streams
  std::unique_ptr<ConnectionSet> connections_;
  net::Timer sweep_;
  std::function<void()> drained_;
  bool draining_ = false;
  bool full_ = false;  // accepting is paused
};

}  // namespace atl::server
