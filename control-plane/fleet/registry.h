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
#include <utility>
#include <vector>

#include "control-plane/fleet/node.h"
#include "control-plane/fleet/purge.h"
#include "control-plane/fleet/quorum.h"
#include "control-plane/fleet/snapshot.h"
#include "lib/base/clock.h"

namespace atl::control {

// atl.v1.Drain.
struct DrainOrder {
  bool draining = false;
  std::chrono::milliseconds patience{0};
  std::chrono::milliseconds deadline{0};
};

// A node to look at, and where clients reach it.
struct ProbeTarget {
  NodeName name;
  std::string endpoint;  // "host:port", numeric
  bool urgent = false;   // its stream has just broken, and nobody has looked since
  bool operator==(const ProbeTarget&) const = default;
};

// How often one looks, and how long an answer may take.
struct LookRhythm {
  std::chrono::milliseconds interval{500};
  std::chrono::milliseconds timeout{1'000};
};

// The stream to one node. Calls come from the loop; what is said after the stream broke is dropped.
class NodeLink {
 public:
  virtual ~NodeLink() = default;
  virtual void send_snapshot(std::shared_ptr<const SnapshotData> snapshot) = 0;
  virtual void send_purge(const Purge& purge) = 0;
  // atl.v1.Drain.
  virtual void send_drain(const DrainOrder& order) = 0;
  // atl.v1.Observe.
  virtual void send_observe(const std::vector<ProbeTarget>& targets, LookRhythm rhythm) = 0;
  // Ends the stream; `why` is for the node's log.
  virtual void close(std::string_view why) = 0;
};

// Names one stream of one node; never reused.
using SessionId = uint64_t;

enum class NodeState : uint8_t {
  Active,      // takes requests
  NotServing,  // heard of, but takes no requests: starting, draining or ill; its health says which
  Down,        // most of those who look at it do not see it
};
std::string_view to_string(NodeState state);

// What one observer saw last of a node.
struct Sight {
  bool reachable = false;
  MonoTime at{};
  std::string detail;  // why not
};

struct NodeRecord {
  NodeHello hello;
  NodeHealth health;
  std::optional<NodeStatistics> statistics;
  MonoTime statistics_at{};               // when they came
  std::array<double, kCounters> rates{};  // per second, over the last interval
  uint64_t snapshot_version = 0;          // acknowledged; 0: none
  std::string snapshot_refused;           // why the last one was; empty: it was not
  uint64_t last_purge = 0;                // acknowledged
  MonoTime last_heard{};
  SessionId session = 0;  // 0: the stream is gone
  std::shared_ptr<NodeLink> link;
  // What it was last told of draining; empty: nobody knows what a process before us told it.
  std::optional<bool> told_to_drain = false;
  bool drained = false;         // it said that it has
  std::optional<Sight> probed;  // by the control plane
  // Nobody listened there after its stream broke: that process is gone, and what answers later has
  // not heard of purges before it joins.
  bool ended = false;
  std::map<NodeName, Sight> seen_by;     // by other nodes
  MonoTime stream_changed{};             // it joined, or its stream broke
  std::vector<ProbeTarget> looks_at;     // as it was told
  NodeState reported = NodeState::Down;  // as last logged
};

// Which nodes there are and whether they live. No I/O, no clock: time is an argument. One thread.
class Registry {
 public:
  // Nodes of one PoP; more are refused.
  static constexpr size_t kNodesPerPop = 256;

  explicit Registry(std::chrono::milliseconds lease) : lease_(lease) {}

  // The PoPs of the configuration. Nodes of others are forgotten and their streams closed.
  void set_pops(std::vector<std::string> ids);

  // A node said hello. The error is why it may not join. A node of the same name gives way if its
  // stream is gone, its lease has run out or it is the same process (newest wins); otherwise the
  // newcomer is refused.
  std::expected<SessionId, std::string> join(NodeHello hello, std::shared_ptr<NodeLink> link,
                                             MonoTime now);

  // Null when the session has ended. Anything heard renews the lease.
  NodeRecord* heard(SessionId session, MonoTime now);
  // The stream broke: the node itself is not heard of any more.
  void closed(SessionId session, MonoTime now);
  // It is none of ours any more, whoever sees it.
  void forget(SessionId session);
  // The same for those whose stream is gone already.
  void forget_absent(const std::function<bool(const NodeName&)>& which);

  // Heard of within a lease, on a stream that is there.
  bool leased(const NodeRecord& record, MonoTime now) const {
    return record.session != 0 && record.last_heard + lease_ > now;
  }
  // Of everybody who looks at it.
  Votes votes(const NodeRecord& record, MonoTime now) const;
  // Its own word that it takes no requests counts more than what others see.
  NodeState state(const NodeRecord& record, MonoTime now) const;
  // What `observer` says of nodes that it was asked to look at.
  void observed(NodeRecord& observer, MonoTime now);
  // Null: there is none.
  NodeRecord* find(const NodeName& name);
  // The best state of its nodes: what routing goes by.
  NodeState pop_state(std::string_view pop, MonoTime now) const;

  // In the order of their names. `visit(pop, node, record)`.
  using Visit = std::function<void(const std::string&, const std::string&, NodeRecord&)>;
  void for_each(const Visit& visit);
  // Nodes of one PoP, in the order of their names.
  std::vector<const NodeRecord*> nodes_of(std::string_view pop) const;

  std::chrono::milliseconds lease() const { return lease_; }

 private:
  using Nodes = std::map<std::string, NodeRecord, std::less<>>;

  const std::chrono::milliseconds lease_;
  std::map<std::string, Nodes, std::less<>> pops_;
  std::map<SessionId, std::pair<std::string, std::string>> sessions_;  // -> PoP, node
  SessionId next_session_ = 1;
};

// Null if what a node says of itself is acceptable; otherwise why not.
const char* check_hello(const NodeHello& hello);

}  // namespace atl::control
