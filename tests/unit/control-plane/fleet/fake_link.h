#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/fleet/registry.h"

namespace atl::control {

// Remembers what a node was told.
class FakeLink final : public NodeLink {
 public:
  void send_snapshot(std::shared_ptr<const SnapshotData> snapshot) override {
    said.push_back("snapshot " + std::to_string(snapshot->version));
  }
  void send_purge(const Purge& purge) override {
    said.push_back("purge " + std::to_string(purge.number) + " " +
                   std::string(to_string(purge.what.kind)));
  }
  void send_drain(const DrainOrder& order) override {
    said.push_back(order.draining ? "drain " + std::to_string(order.patience.count()) + " " +
                                        std::to_string(order.deadline.count())
                                  : "serve");
  }
  void send_observe(const std::vector<ProbeTarget>& targets, LookRhythm) override {
    looks_at.clear();
    for (const ProbeTarget& target : targets) {
      looks_at.push_back(target.name.first + "/" + target.name.second + " " + target.endpoint);
    }
  }
  void close(std::string_view why) override { said.push_back("close: " + std::string(why)); }

  std::vector<std::string> said;
  std::vector<std::string> looks_at;
};

inline NodeHello hello(std::string pop, std::string node, std::string instance) {
  NodeHello made;
  made.pop = std::move(pop);
  made.node = std::move(node);
  made.instance = std::move(instance);
  made.endpoints = {"127.0.0.1:8080"};
  return made;
}

}  // namespace atl::control
