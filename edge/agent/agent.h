#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "edge/node.h"
#include "lib/net/loop.h"
#include "lib/trust/credentials.h"

namespace atl::v1 {
class ControlMessage;
class Drain;
class NodeMessage;
class Purge;
class Snapshot;
class Welcome;
}  // namespace atl::v1

namespace atl::edge {

class FleetStream;
class FleetGate;
class Neighbours;

struct AgentOptions {
  std::string pop;
  std::string node = "0";
  std::string control;    // "host:port" of the control plane; empty: the node lives on its own
  std::string state_dir;  // empty: nothing is stored
  std::vector<std::string> http_endpoints;
  uint32_t workers = 1;
  uint64_t cache_capacity = 0;
  std::string version = "0.1.0";
  // Of the process whose work this one takes over, so that the control plane sees one node with
  // another stream; empty: a new one.
  std::string instance;
  // What is cached survives the process, so which purges it has seen must be remembered too.
  bool remember_purges = false;
  // Asked for with every dialling; its answer is never null. Null itself: plain TCP.
  std::function<std::shared_ptr<const trust::Credentials>()> credentials = nullptr;
};

// The node's link to the control plane: brings snapshots, purges and drain to the node, health and
// statistics back, and dials for ever. Begins with the snapshot that was stored. Loop thread.
class Agent {
 public:
  // `loop` and `node` outlive the agent.
  Agent(net::Loop& loop, Node& node, AgentOptions options);
  // Ends the stream; waits up to two seconds until gRPC has let go of it.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Applies the stored snapshot, if there is a good one, and begins to dial.
  void start();

  // Tells the control plane at once instead of with the next heartbeat: for when `serving` changed.
  void report_health();

  const std::string& instance() const { return instance_; }

  // Another process is about to be this node. True: the stream is not dialled again when it ends,
  // and purges are carried out but left for the other one to acknowledge. False: as before.
  void step_aside(bool aside);
  // The other process is this node now: nothing is reported any more. After step_aside(true).
  void fall_silent();

  // The process is ending: whether it drains is no longer the control plane's to say.
  void end_of_orders() { ending_ = true; }

  bool connected() const;  // the control plane has welcomed this node

 private:
  class Reader;

  void start_from_disk();
  void dial();
  void dial_later();
  void send_hello();
  void on_message(v1::ControlMessage& message);
  void on_closed(const std::string& why);
  void on_welcome(const v1::Welcome& welcome);
  void on_snapshot(const v1::Snapshot& snapshot);
  void on_purge(const v1::Purge& purge);
  void on_drain(const v1::Drain& drain);
  void report_statistics();
  void purge_done(uint64_t ticket);
  void remember_last_purge();
  void recall_last_purge();
  // The empty string: in force.
  std::string put_in_force(const v1::Snapshot& snapshot);
  void store(uint64_t version, std::string bytes);
  void acknowledge(uint64_t version, std::string refused);
  void send(v1::NodeMessage message);

  net::Loop& loop_;
  Node& node_;
  const AgentOptions options_;
  const std::string instance_;
  std::unique_ptr<Reader> reader_;
  std::shared_ptr<FleetGate> gate_;

  std::shared_ptr<FleetStream> stream_;  // null between attempts
  uint64_t stream_id_ = 0;
  bool welcomed_ = false;
  bool aside_ = false;
  bool ending_ = false;
  bool told_to_drain_ = false;  // by a control plane, which has not taken it back
  std::string last_trouble_;    // as last logged
  std::chrono::milliseconds backoff_;
  std::minstd_rand random_;
  net::Timer redial_;
  net::Timer welcome_limit_;
  net::Timer heartbeat_;
  net::Timer statistics_;
  std::unique_ptr<Neighbours> neighbours_;

  std::string in_force_;  // bytes of the snapshot in force
  // Purges in the order in which they came, and whether each is done; what is done at the front is
  // behind us.
  struct PendingPurge {
    uint64_t ticket;
    uint64_t number;
    bool done = false;
  };
  std::deque<PendingPurge> purges_;
  uint64_t next_ticket_ = 1;
  uint64_t last_purge_ = 0;  // on disk too, if what is cached is
  // Outlives the agent in callbacks given to the node, which find it empty then.
  std::shared_ptr<Agent*> self_;
};

}  // namespace atl::edge
