#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/node.h"
#include "edge/shared.h"
#include "edge/stats/access_log.h"
#include "edge/worker.h"
#include "lib/net/loop.h"

namespace atl::edge {

// The workers and what they share, as one node. Control loop's thread.
class EdgeNode final : public Node {
 public:
  // `access`: null without an access log; outlives the node.
  EdgeNode(net::Loop& loop, const Config& config, const Clock& clock, AccessLog* access);
  ~EdgeNode() override;

  // Binds every address for every worker, then starts them. What was bound; or a sentence.
  std::expected<std::vector<net::Endpoint>, std::string> start();

  void apply_routes(std::shared_ptr<const RouteTable> routes) override;
  uint64_t routes_version() const override { return routes_ ? routes_->version() : 0; }
  NodeStatistics statistics() override;
  NodeHealth health() override;
  void set_draining(bool draining, std::chrono::milliseconds deadline,
                    std::function<void()> drained) override;
  void purge(const PurgeSpec& spec, std::function<void(Result<PurgeOutcome>)> done) override;

  // For the admin listener.
  bool serving() const { return routes_ != nullptr && !draining_; }
  std::string metrics();
  std::string status_json();

 private:
  Worker::Gauges gauges() const;

  net::Loop& loop_;
  const Clock& clock_;
  Shared shared_;
  AccessLog* access_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::shared_ptr<const RouteTable> routes_;
  const WallTime started_;

  bool draining_ = false;
  uint64_t drain_round_ = 0;  // tells a late report of an earlier drain from this one's
  size_t undrained_ = 0;      // workers still to report
  std::function<void()> drained_;
  net::Timer drain_deadline_;

  MonoTime cpu_read_{};
  std::chrono::microseconds cpu_used_{0};
};

}  // namespace atl::edge
