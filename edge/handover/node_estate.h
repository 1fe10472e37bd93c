#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "edge/agent/agent.h"
#include "edge/edge_node.h"
#include "edge/handover/giver.h"
#include "lib/net/loop.h"
#include "lib/server/server.h"

namespace atl::edge::handover {

// What atoll-edge hands over. Control loop; everything outlives it.
class NodeEstate final : public Estate {
 public:
  struct Grace {
    std::chrono::milliseconds patience;  // for connections that wait for their next request
    std::chrono::milliseconds stop;      // for what is in progress after that
  };
  NodeEstate(net::Loop& loop, EdgeNode& node, Agent& agent, server::Server& admin,
             const Grace& grace)
      : loop_(loop), node_(node), agent_(agent), admin_(admin), grace_(grace) {}

  void sockets(std::function<void(std::vector<Socket>)> told) override;
  std::string instance() override { return agent_.instance(); }
  void release() override;
  void take_back() override;
  void retire() override;
  void hurry() override;
  void purge(const PurgeSpec& spec, std::function<void()> done) override;

 private:
  net::Loop& loop_;
  EdgeNode& node_;
  Agent& agent_;
  server::Server& admin_;
  const Grace grace_;
};

}  // namespace atl::edge::handover
