#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/lab/live/configuration.h"
#include "deploy/lab/live/process.h"
#include "deploy/lab/relay/relay.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/path.h"
#include "lib/base/outcome.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"

namespace atl::lab {

// The real programs of one run: an origin, a control plane and an edge for each PoP. Without a CDN
// one edge that caches nothing stands where the origin is, for the origin speaks gRPC only. Between
// them is the relay: edges reach the control plane, the origin and the shield through doors that
// know by the process who comes. State is in a folder that goes away with the programs. Loop
// thread.
class Cluster {
 public:
  struct Setup {
    const Scenario& scenario;
    const RunSpec& run;
    const Paths& paths;
    std::string programs;  // the folder where atoll-origin, atoll-control and atoll-edge are
  };
  // Starts everything; nothing serves yet.
  static Outcome<std::unique_ptr<Cluster>> start(Relay& relay, const Setup& setup);
  ~Cluster();  // every program has ended, the folder is gone
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  size_t edges() const { return edges_.size(); }
  // By the PoP's index; without a CDN there is only 0.
  const net::Endpoint& clients_of(size_t edge) const { return edges_[edge].ports.clients; }
  const net::Endpoint& admin_of(size_t edge) const { return edges_[edge].ports.admin; }
  const net::Endpoint& control() const { return control_ports_.listen; }
  const net::Endpoint& origin_admin() const { return origin_ports_.admin; }
  const std::string& address() const { return address_; }

  // The PoP's machine fails: its program is killed, and what it has to say to the control plane is
  // lost. revive() starts it again, empty.
  void fail(size_t edge);
  Outcome<void> revive(size_t edge);
  void stop_origin();
  Outcome<void> start_origin();
  bool origin_runs() const { return programs_.contains("origin"); }

  // Empty while everything runs that should; else which program ended and what all said last.
  std::string died();
  // The last line of each program's log.
  std::string last_words() const;

 private:
  struct Edge {
    std::string name;
    std::string pop;
    EdgePorts ports;
    Relay::DoorId control_door = 0;
    uint64_t cache_bytes = 0;
  };
  // A door that edges share: which way each of them has.
  struct SharedDoor {
    net::Endpoint entrance;
    std::vector<RelayLink> links;  // by edge
  };

  Cluster(Relay& relay, const Setup& setup) : relay_(relay), setup_(setup) {}
  Outcome<void> prepare();
  Outcome<void> add_edges();
  Outcome<void> open_doors();
  Outcome<Relay::DoorId> open_shared(SharedDoor& door, const net::Endpoint& to);
  Outcome<void> run(const std::string& name, const std::string& program, const std::string& text);
  Outcome<void> run_control();
  Outcome<void> run_edge(const Edge& edge);
  const RelayLink* link_of(const SharedDoor& door, const net::Endpoint& peer);
  uint64_t cache_bytes_of(const PopSpec& pop) const;

  Relay& relay_;
  const Setup setup_;
  std::string folder_;
  std::string address_;
  OriginPorts origin_ports_;
  ControlPorts control_ports_;
  std::vector<Edge> edges_;
  std::optional<size_t> shield_;
  SharedDoor to_origin_;
  SharedDoor to_shield_;
  std::map<std::string, Process> programs_;  // that should run, by name
};

}  // namespace atl::lab
