#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/handover/giver.h"
#include "edge/node.h"
#include "lib/net/loop.h"
#include "lib/net/message_channel.h"
#include "lib/server/server.h"

namespace atl::edge::handover {

// The end of the process that takes over. While it starts its calls block, in this order:
// connect(), prepared(), serving(). Control loop.
class Taker {
 public:
  static constexpr std::chrono::seconds kLimit{30};  // for each answer

  // What the process that listens at `path` hands over. Null: nobody is there.
  static std::expected<std::unique_ptr<Taker>, std::string> connect(net::Loop& loop,
                                                                    const std::string& path);

  const std::string& instance() const { return instance_; }
  // Those of one kind; they are the caller's then.
  std::vector<server::ListeningSocket> take_sockets(std::string_view kind);

  // Everything else is ready. When it returns, the other process has let go of the disk.
  std::expected<void, std::string> prepared();
  // This process accepts: the other one may stop.
  void serving();

  // Has the other process carry it out on what it still holds; `done` is called when that is so, or
  // when it has ended.
  void purge(const PurgeSpec& spec, std::function<void()> done);

 private:
  explicit Taker(net::Loop& loop) : loop_(loop) {}
  std::expected<void, std::string> receive_estate();
  void on_message(const std::string& text);
  void on_closed();

  net::Loop& loop_;
  std::unique_ptr<net::MessageChannel> channel_;  // null: the other one has ended
  std::string instance_;
  std::vector<Socket> sockets_;
  uint64_t last_purge_ = 0;
  std::map<uint64_t, std::function<void()>> purges_;
};

// The node as the agent of the new process sees it: says when it serves, and tells the old process
// of purges. Control loop.
class SucceedingNode final : public Node {
 public:
  // All outlive it. `on_serving` is called once, when the node has its first configuration.
  SucceedingNode(net::Loop& loop, Node& node, Taker& taker, std::function<void()> on_serving)
      : loop_(loop), node_(node), taker_(taker), on_serving_(std::move(on_serving)) {}

  void apply_routes(std::shared_ptr<const RouteTable> routes) override;
  uint64_t routes_version() const override { return node_.routes_version(); }
  NodeStatistics statistics() override { return node_.statistics(); }
  NodeHealth health() override { return node_.health(); }
  void set_draining(bool draining, DrainTerms terms, std::function<void()> drained) override {
    node_.set_draining(draining, terms, std::move(drained));
  }
  void purged_before(uint64_t number) override { node_.purged_before(number); }
  void purge(const PurgeSpec& spec, std::function<void(Result<PurgeOutcome>)> done) override;

 private:
  net::Loop& loop_;
  Node& node_;
  Taker& taker_;
  std::function<void()> on_serving_;
};

}  // namespace atl::edge::handover
