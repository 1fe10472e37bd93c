#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "edge/fetch/fetch.h"
#include "edge/frontend/frontend.h"
#include "edge/peer/peer_door.h"
#include "edge/routing/route_table.h"
#include "edge/shared.h"
#include "edge/stats/access_log.h"
#include "edge/stats/counters.h"
#include "lib/net/loop.h"
#include "lib/rpc/exchange_client.h"
#include "lib/server/server.h"

namespace atl::edge {

// How an origin endpoint looked to a worker when it last checked; nullopt: never asked.
using Reachability = std::map<std::string, std::optional<bool>, std::less<>>;

// One thread with its loop, listening sockets, connections, fetches and counters. Made, started and
// destroyed by the node's thread; what its loop owns is touched by others through post() only.
class Worker {
 public:
  // `access`: null without an access log.
  Worker(Shared& shared, AccessRing* access);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Before start(). Returns what was bound.
  Result<net::Endpoint> listen(const net::Endpoint& at);
  // As listen(), for TLS; after use_tls().
  Result<net::Endpoint> listen_tls(const net::Endpoint& at);
  void use_tls(std::shared_ptr<const net::TlsContext> context);
  void start();

  // ---- After start(), from the node's thread; carried out by the worker's loop ----

  void set_routes(std::shared_ptr<const RouteTable> routes);
  // ExchangeClient::use_tls(), for what is fetched from origins and other edges.
  void use_trust(std::shared_ptr<const net::TlsClientContext> context,
                 std::shared_ptr<const trust::Guard> guard);
  // For TLS connections that come from now on.
  void change_tls(std::shared_ptr<const net::TlsContext> context);
  // As server::Server::drain(); `drained` is called on the worker's loop when the last connection
  // is gone.
  void drain(server::Draining how, std::function<void()> drained);
  // Cuts off what is left.
  void abort_all();
  // After drain(): listens again at the addresses of listen().
  void resume();
  // Accepts from a socket that listens already.
  void listen_on(net::Descriptor socket, bool tls);
  // `told` is called on the worker's loop with what it accepts from.
  void duplicate_sockets(std::move_only_function<void(std::vector<server::ListeningSocket>)> told);

  // Ends the thread and waits for it. Then, for all workers, shut_down() before any is destroyed:
  // transfers reach across workers.
  void stop();
  void shut_down();

  // ---- Any thread ----

  // Gone after shut_down().
  PeerDoor& door() { return *door_; }
  const Counters& counters() const { return counters_; }
  struct Gauges {
    uint64_t accepted = 0;
    uint64_t connections = 0;
    uint64_t active = 0;
    uint64_t timed_out = 0;
    net::TlsStatistics tls;
  };
  // A fraction of a second old.
  Gauges gauges() const;
  Reachability reachability() const;

 private:
  static constexpr std::chrono::milliseconds kPublish{200};

  void publish();

  Shared& shared_;
  Counters counters_;
  net::Loop loop_;
  std::unique_ptr<rpc::ExchangeClient> client_;
  std::unique_ptr<FetchSet> fetches_;
  std::unique_ptr<Frontend> frontend_;
  std::unique_ptr<PeerDoor> door_;
  std::shared_ptr<const RouteTable> routes_;
  std::unique_ptr<server::Server> server_;
  net::Timer publisher_;
  std::thread thread_;

  mutable std::mutex published_mutex_;
  Gauges published_;
  Reachability reachability_;
};

}  // namespace atl::edge
