#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/net/endpoint.h"
#include "lib/net/tcp_listener.h"
#include "lib/server/connection_context.h"
#include "lib/server/http1_connection.h"

namespace atl::server {

// An HTTP server on one loop: listening sockets and their connections. Loop thread only. Destroy it
// when the loop no longer runs, or after drain() has called back.
class Server final : private ConnectionContext {
 public:
  // `app` must outlive the server.
  Server(net::Loop& loop, const Limits& limits, Application& app);
  ~Server() override;

  // Starts to accept at the address. Returns what was bound (the port, if 0 was asked for). May be
  // called again for other addresses. Errors as TcpListener::listen().
  Result<net::Endpoint> listen(const net::Endpoint& at);

  // Serves a stream that is connected already.
  void adopt(std::unique_ptr<net::Stream> stream);

  // Stops accepting, closes idle connections, lets exchanges in progress end with `Connection:
  // close`; then calls `done` once. Connections that are still there after abort_all() are not.
  void drain(std::function<void()> done);
  void abort_all();

  const Statistics& counts() const { return statistics; }

 private:
  void on_closed(Http1Connection& connection) override;
  void report_drained();

  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::vector<std::unique_ptr<Http1Connection>> connections_;
  net::Timer tick_;
  std::function<void()> drained_;
  bool accepting_paused_ = false;
};

}  // namespace atl::server
