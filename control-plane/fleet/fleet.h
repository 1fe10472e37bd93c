#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control-plane/fleet/order_book.h"
#include "control-plane/fleet/purge_log.h"
#include "control-plane/fleet/registry.h"
#include "control-plane/fleet/snapshot.h"
#include "lib/base/clock.h"

namespace atl::control {

struct PurgeAck {
  uint64_t objects = 0;
  std::chrono::microseconds duration{0};  // at the node
  std::chrono::microseconds after{0};     // from the request to the acknowledgement
};

// How one purge is getting on. Nodes that were down when it was made acknowledge it when they
// return.
struct PurgeProgress {
  Purge purge;
  MonoTime begun{};
  std::map<std::pair<std::string, std::string>, std::optional<PurgeAck>> nodes;  // PoP, node
};

// All nodes: who lives, what each has been told, what each has acknowledged. One thread (the
// loop's); the streams come in through fleet/server.h.
class Fleet {
 public:
  struct Options {
    std::chrono::milliseconds lease{2'000};
    std::chrono::milliseconds heartbeat{500};
    std::string instance;  // of this process
  };
  Fleet(const Clock& clock, Options options, PurgeLog purges, OrderBook orders);

  const Options& options() const { return options_; }

  // ---- what is told ------------------------------------------------------------------------

  void set_pops(std::vector<std::string> ids) { registry_.set_pops(std::move(ids)); }
  // Where clients reach each PoP: nodes that listen there can be looked at.
  struct Watching {
    bool probe = true;     // the control plane looks itself
    size_t observers = 3;  // nodes that look at each
    std::map<std::string, std::vector<std::string>, std::less<>> endpoints;  // by PoP
  };
  void set_watching(Watching watching) { watching_ = std::move(watching); }
  // Replaces the snapshot that nodes are to have; sent to all that are connected and do not have
  // it.
  void publish(std::shared_ptr<const SnapshotData> snapshot);
  uint64_t snapshot_version() const { return snapshot_ ? snapshot_->version : 0; }
  // Numbers it, makes it durable, sends it. The error is a sentence.
  std::expected<Purge, std::string> purge(PurgeRequest request);
  const PurgeProgress* purge_progress(uint64_t number) const;
  uint64_t last_purge() const { return purges_.last(); }
  // Takes the PoP out of service or back; its time is now. Durable, and its nodes are told what
  // there is to tell. The error is a sentence.
  std::expected<void, std::string> order(const std::string& pop, Order order);

  // ---- what is heard -----------------------------------------------------------------------

  std::expected<SessionId, std::string> join(NodeHello hello, std::shared_ptr<NodeLink> link);
  // Somebody may not join, for a reason that the registry does not know of. Logged once.
  void refused(std::string_view who, std::string_view why);
  // After the welcome went out: what the node has to catch up with.
  void welcome(SessionId session);
  void on_health(SessionId session, NodeHealth health);
  void on_statistics(SessionId session, NodeStatistics statistics);
  void on_snapshot_ack(SessionId session, uint64_t version, std::string refused);
  void on_purge_ack(SessionId session, uint64_t number, uint64_t objects,
                    std::chrono::microseconds duration);
  void on_drain_ack(SessionId session, bool done);
  // What the control plane saw when it looked. `nobody_listens`: the connection was refused.
  void on_probe(const NodeName& name, bool reachable, const char* detail,
                bool nobody_listens = false);
  void on_closed(SessionId session);
  // It was revoked: it counts no more, even if it is seen. What it says from now on is dropped.
  void on_expelled(SessionId session);
  // The same for nodes that are not connected. One that is back with a new certificate, and away
  // just now, counts again when it joins.
  void expel_absent(const std::function<bool(const NodeName&)>& which);

  // To be called often: logs nodes that came, went or ran out of their lease, and tells nodes what
  // is due: to drain, and whom to look at.
  void tick();

  // ---- what is known -----------------------------------------------------------------------

  Standing standing(std::string_view pop) const;
  PopState pop_state(std::string_view pop) const { return standing(pop).state; }
  const Order& order_of(std::string_view pop) const { return orders_.of(pop); }
  NodeState state(const NodeRecord& record) const { return registry_.state(record, clock_.mono()); }
  std::vector<const NodeRecord*> nodes_of(std::string_view pop) const {
    return registry_.nodes_of(pop);
  }
  MonoTime now() const { return clock_.mono(); }
  Votes votes(const NodeRecord& record) const { return registry_.votes(record, clock_.mono()); }
  // Whom the control plane is to look at.
  std::vector<ProbeTarget> probe_targets();
  LookRhythm look_rhythm() const { return {options_.heartbeat, options_.lease / 2}; }

 private:
  void obey(const std::string& pop, NodeRecord& record);
  void assign();
  std::optional<std::string> address_of(const NodeRecord& record) const;
  NodeRecord* heard(SessionId session) { return registry_.heard(session, clock_.mono()); }

  std::chrono::microseconds since(MonoTime begun) const;

  const Clock& clock_;
  const Options options_;
  Registry registry_;
  PurgeLog purges_;
  OrderBook orders_;
  Watching watching_;
  std::deque<PurgeProgress> progress_;  // the latest ones
  std::shared_ptr<const SnapshotData> snapshot_;
  std::string last_refusal_;  // as last logged
};

}  // namespace atl::control
