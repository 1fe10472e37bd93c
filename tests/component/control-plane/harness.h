#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control-plane/config/config.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/fleet/server.h"
#include "edge/agent/agent.h"
#include "edge/node.h"
#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "tests/support/scratch_directory.h"

// A control plane and nodes on one loop, joined by real gRPC on a port of loopback.

namespace atl::testing {

// A node that does nothing but remember.
class FakeNode final : public edge::Node {
 public:
  explicit FakeNode(net::Loop& loop) : loop_(loop) {}

  void apply_routes(std::shared_ptr<const edge::RouteTable> routes) override {
    versions.push_back(routes->version());
    routes_ = std::move(routes);
  }
  uint64_t routes_version() const override { return routes_ ? routes_->version() : 0; }
  edge::NodeStatistics statistics() override {
    edge::NodeStatistics made;
    made.time_ms = 1'700'000'000'000 + static_cast<uint64_t>(++readings) * 1000;
    made.hits = static_cast<uint64_t>(readings) * 10;
    made.ttfb_hit.buckets[40] = 1;
    return made;
  }
  edge::NodeHealth health() override {
    return {.serving = serving && routes_ != nullptr,
            .detail = serving ? "" : "ill",
            .origins = {{"www", false, "refused"}}};
  }
  void set_draining(bool on, edge::DrainTerms, std::function<void()> done) override {
    draining = on;
    drained = std::move(done);
  }
  void purged_before(uint64_t number) override { purged = number; }
  void purge(const edge::PurgeSpec& spec,
             std::function<void(Result<edge::PurgeOutcome>)> done) override {
    purges.push_back(spec.value);
    if (hold_purges) return held.push_back(std::move(done));
    loop_.post([done = std::move(done)] { done(edge::PurgeOutcome{3, {}}); });
  }

  std::vector<uint64_t> versions;
  std::vector<std::string> purges;
  uint64_t purged = 0;  // before it started
  std::vector<std::function<void(Result<edge::PurgeOutcome>)>> held;
  bool serving = true;
  bool draining = false;
  std::function<void()> drained;
  bool hold_purges = false;
  int readings = 0;

 private:
  net::Loop& loop_;
  std::shared_ptr<const edge::RouteTable> routes_;
};

// Runs the loop until `done`; false after ten seconds.
inline bool run_until(net::Loop& loop, const std::function<bool()>& done) {
  bool reached = false;
  net::Timer look(loop, [&] {
    reached = done();
    if (reached) loop.stop();
  });
  net::Timer give_up(loop, [&] { loop.stop(); });
  look.start_periodic(std::chrono::milliseconds(1));
  give_up.start(std::chrono::seconds(10));
  loop.run();
  return reached;
}

// What a control plane process is, as far as nodes see it.
class ControlPlane {
 public:
  ControlPlane(net::Loop& loop, const Clock& clock, const std::string& state_dir,
               std::chrono::milliseconds lease, uint16_t port = 0,
               std::optional<control::FleetTrust> trust = std::nullopt)
      : fleet(clock, {lease, lease / 4, "test"},
              *control::PurgeLog::open(state_dir + "/purges", warning),
              *control::OrderBook::open(state_dir + "/orders")),
        versions(*control::SnapshotVersions::open(state_dir + "/version", 1, warning)) {
    fleet.set_pops({"fra", "syd"});
    auto started = control::FleetServer::start(loop, fleet, "127.0.0.1:" + std::to_string(port),
                                               std::move(trust));
    if (started) server = *std::move(started);
  }
  ~ControlPlane() { server.reset(); }

  void publish(const control::Content& content) { fleet.publish(*versions.next(content)); }

  const control::NodeRecord* node(const char* pop) const {
    const auto nodes = fleet.nodes_of(pop);
    return nodes.empty() ? nullptr : nodes.front();
  }
  bool active(const char* pop) const { return fleet.pop_state(pop) == control::PopState::Active; }

  std::string warning;
  control::Fleet fleet;
  control::SnapshotVersions versions;
  std::unique_ptr<control::FleetServer> server;
};

// A configuration that edges accept; `source` makes it another one.
inline control::Content content(const std::string& source) {
  control::Content made;
  made.origins.push_back({"www", "127.0.0.1:1", source});
  made.origin_groups.push_back({"www", {"www"}});
  made.distributions.push_back({"site", {"*"}, {{"*", "www", {}, {}}}});
  return made;
}

}  // namespace atl::testing
