#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/fetch/health_checker.h"
#include "edge/memory_watch.h"
#include "edge/node.h"
#include "edge/peer/peer_service.h"
#include "edge/shared.h"
#include "edge/stats/access_log.h"
#include "edge/worker.h"
#include "lib/net/loop.h"
#include "lib/rpc/exchange_server.h"

namespace atl::edge {

// Mutual TLS: what the node shows and whom it believes (docs/trust.md).
struct NodeTrust {
  std::shared_ptr<const net::TlsClientContext> context;
  std::shared_ptr<const trust::Guard> guard;
  trust::CredentialFiles files;
};

// The workers and what they share, as one node. Control loop's thread.
class EdgeNode final : public Node {
 public:
  // `access`: null without an access log; outlives the node.
  EdgeNode(net::Loop& loop, const Config& config, const Clock& clock, AccessLog* access);
  ~EdgeNode() override;

  struct Bound {
    std::vector<net::Endpoint> plain;
    std::vector<net::Endpoint> tls;
    uint16_t peer_port = 0;  // 0: other edges are not answered
  };
  // Binds every address for every worker, then starts them. What was bound; or a sentence. `tls`:
  // null if the configuration has no TLS. `inherited`: sockets that another process opened at some
  // of the addresses; they are used instead, and accepted from when there is a configuration.
  // Those of no address of ours are closed.
  std::expected<Bound, std::string> start(std::shared_ptr<const net::TlsContext> tls,
                                          std::vector<server::ListeningSocket> inherited = {});
  // Origins and other edges are spoken to over mutual TLS only, and are answered over it only.
  // Before start(); and again when the certificate was renewed, or the guard knows more: what is in
  // progress goes on, unless it is with somebody who was revoked.
  void use_trust(NodeTrust trust);
  // For TLS connections that come from now on. After a start() with TLS.
  void change_tls(const std::shared_ptr<const net::TlsContext>& tls);

  void apply_routes(std::shared_ptr<const RouteTable> routes) override;
  uint64_t routes_version() const override { return routes_ ? routes_->version() : 0; }
  NodeStatistics statistics() override;
  NodeHealth health() override;
  void set_draining(bool draining, DrainTerms terms, std::function<void()> drained) override;
  void purged_before(uint64_t number) override;
  void purge(const PurgeSpec& spec, std::function<void(Result<PurgeOutcome>)> done) override;

  // ---- For handing the node's work to another process (docs/adr/0024) ----

  // `told` is called on the control loop with every socket that the workers accept from.
  void duplicate_sockets(std::function<void(std::vector<server::ListeningSocket>)> told);
  // The disk tier is closed, for another process to open it; without it the node goes on serving,
  // and a purge that comes then hears Conflict. Blocks until what was to be written is.
  void release_disk();
  // The same of the port for other edges: for what begins when another process wants it.
  void release_peers();
  std::expected<void, std::string> reopen_peers();
  std::expected<void, std::string> reopen_disk() { return open_disk(); }
  // Drains, because another process serves from now on.
  void retire(DrainTerms terms, std::function<void()> drained);

  // For the admin listener.
  // After retire() too: the node is served, by another process.
  bool serving() const { return routes_ != nullptr && (!draining_ || retired_); }
  std::string metrics();
  std::string status_json();

 private:
  std::expected<net::Endpoint, std::string> bind(const std::string& text, bool tls);
  bool inherits(const net::Endpoint& at, bool tls) const;
  void open_inherited();
  void begin_drain(DrainTerms terms);
  void drain_workers(server::Draining how);
  Worker::Gauges gauges() const;
  std::vector<OriginReport> origin_reports() const;
  std::expected<void, std::string> open_disk();
  std::expected<void, std::string> open_places();
  std::expected<uint16_t, std::string> answer_peers();
  OriginHealth health_of(const OriginEndpoint& origin,
                         const std::vector<Reachability>& views) const;

  net::Loop& loop_;
  const Clock& clock_;
  Shared shared_;
  AccessLog* access_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<PeerService> peers_;  // null without peer_listen
  std::optional<NodeTrust> trust_;      // empty: everything is plain
  std::unique_ptr<rpc::ExchangeServer> peer_server_;
  const std::unique_ptr<rpc::ExchangeClient> check_client_;
  HealthChecker checker_;
  std::shared_ptr<const RouteTable> routes_;
  const WallTime started_;

  std::vector<server::ListeningSocket> inherited_;  // until there is a configuration

  bool draining_ = false;
  bool patient_ = false;
  bool retired_ = false;
  uint64_t drain_round_ = 0;  // tells a late report of an earlier drain from this one's
  size_t undrained_ = 0;      // workers still to report
  std::function<void()> drained_;
  net::Timer patience_;
  net::Timer drain_deadline_;
  MemoryWatch memory_watch_;

  MonoTime cpu_read_{};
  std::chrono::microseconds cpu_used_{0};
};

}  // namespace atl::edge
