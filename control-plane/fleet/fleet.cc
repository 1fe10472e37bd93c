#include "control-plane/fleet/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control-plane/fleet/address.h"
#include "lib/base/log.h"

namespace atl::control {
namespace {

// How long connections of a node that drains may wait for their last request.
constexpr std::chrono::milliseconds kDrainPatience{2'000};

}  // namespace

Fleet::Fleet(const Clock& clock, Options options, PurgeLog purges, OrderBook orders)
    : clock_(clock),
      options_(std::move(options)),
      registry_(options_.lease),
      purges_(std::move(purges)),
      orders_(std::move(orders)) {}

void Fleet::publish(std::shared_ptr<const SnapshotData> snapshot) {
  snapshot_ = std::move(snapshot);
  registry_.for_each([this](const std::string&, const std::string&, NodeRecord& record) {
    if (record.session != 0) record.link->send_snapshot(snapshot_);
  });
}

std::expected<Purge, std::string> Fleet::purge(PurgeRequest request) {
  if (const char* wrong = check_purge(request)) return std::unexpected(wrong);
  PurgeProgress progress;
  progress.begun = clock_.mono();
  const auto time = clock_.wall().time_since_epoch();
  auto purge = purges_.append(std::move(request),
                              static_cast<uint64_t>(std::chrono::milliseconds(time).count()));
  if (!purge) return purge;
  progress.purge = *purge;
  registry_.for_each([&](const std::string& pop, const std::string& node, NodeRecord& record) {
    progress.nodes.try_emplace({pop, node});
    if (record.session != 0) record.link->send_purge(*purge);
  });
  progress_.push_back(std::move(progress));
  if (progress_.size() > PurgeLog::kKept) progress_.pop_front();
  return purge;
}

const PurgeProgress* Fleet::purge_progress(uint64_t number) const {
  for (const PurgeProgress& progress : progress_) {
    if (progress.purge.number == number) return &progress;
  }
  return nullptr;
}

std::expected<SessionId, std::string> Fleet::join(NodeHello hello, std::shared_ptr<NodeLink> link) {
  const std::string name = check_hello(hello) == nullptr ? hello.pop + "/" + hello.node : "a node";
  auto session = registry_.join(std::move(hello), std::move(link), clock_.mono());
  if (!session) refused(name, session.error());
  return session;
}

void Fleet::refused(std::string_view who, std::string_view why) {
  std::string refusal = fmt::format("{} may not join: {}", who, why);
  if (refusal == last_refusal_) return;  // it will try again every second
  log_warn("fleet: {}", refusal);
  last_refusal_ = std::move(refusal);
}

void Fleet::welcome(SessionId session) {
  NodeRecord* record = heard(session);
  if (record == nullptr) return;
  log_info("fleet: {}/{} joined, version {}, instance {}", record->hello.pop, record->hello.node,
           record->hello.version, record->hello.instance);
  // What it did while nobody could hear it say so.
  for (PurgeProgress& progress : progress_) {
    if (progress.purge.number > record->last_purge) continue;
    auto& ack = progress.nodes[{record->hello.pop, record->hello.node}];
    if (!ack) ack = PurgeAck{0, {}, since(progress.begun)};
  }
  // Purges first: what they cover must not be served once more under a new snapshot. The snapshot
  // goes out even if the version is the node's own, because a control plane that lost its state
  // counts from one again.
  for (const Purge& purge : purges_.after(record->last_purge)) record->link->send_purge(purge);
  if (snapshot_) record->link->send_snapshot(snapshot_);
  obey(record->hello.pop, *record);
}

void Fleet::on_health(SessionId session, NodeHealth health) {
  NodeRecord* record = heard(session);
  if (record == nullptr) return;
  record->health = std::move(health);
  registry_.observed(*record, clock_.mono());
}

void Fleet::on_statistics(SessionId session, NodeStatistics statistics) {
  NodeRecord* record = heard(session);
  if (record == nullptr) return;
  if (record->statistics) record->rates = per_second(*record->statistics, statistics);
  record->statistics = std::move(statistics);
  record->statistics_at = clock_.mono();
}

void Fleet::on_snapshot_ack(SessionId session, uint64_t version, std::string refused) {
  NodeRecord* record = heard(session);
  if (record == nullptr) return;
  if (refused.empty()) {
    record->snapshot_version = version;
    record->snapshot_refused.clear();
    return;
  }
  log_error("fleet: {}/{} refused snapshot {}: {}", record->hello.pop, record->hello.node, version,
            refused);
  record->snapshot_refused = std::move(refused);
}

void Fleet::on_purge_ack(SessionId session, uint64_t number, uint64_t objects,
                         std::chrono::microseconds duration) {
  NodeRecord* record = heard(session);
  if (record == nullptr) return;
  record->last_purge = std::max(record->last_purge, number);
  for (PurgeProgress& progress : progress_) {
    if (progress.purge.number != number) continue;
    progress.nodes[{record->hello.pop, record->hello.node}] =
        PurgeAck{objects, duration, since(progress.begun)};
  }
}

std::chrono::microseconds Fleet::since(MonoTime begun) const {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock_.mono() - begun);
}

void Fleet::on_drain_ack(SessionId session, bool done) {
  NodeRecord* record = heard(session);
  if (record == nullptr || record->told_to_drain != true || !done) return;
  if (!std::exchange(record->drained, true)) {
    log_info("fleet: {}/{} has drained", record->hello.pop, record->hello.node);
  }
}

std::expected<void, std::string> Fleet::order(const std::string& pop, Order order) {
  const auto time = clock_.wall().time_since_epoch();
  order.time_ms = static_cast<uint64_t>(std::chrono::milliseconds(time).count());
  const std::string_view wish = to_string(order.wish);
  if (auto written = orders_.set(pop, std::move(order)); !written) return written;
  log_info("fleet: the operator wants {} to {}", pop, wish);
  tick();
  return {};
}

Standing Fleet::standing(std::string_view pop) const {
  const MonoTime now = clock_.mono();
  PopNodes nodes{registry_.pop_state(pop, now)};
  for (const NodeRecord* record : registry_.nodes_of(pop)) {
    if (registry_.state(*record, now) == NodeState::Down) continue;
    ++nodes.living;
    if (record->drained) ++nodes.drained;
  }
  return stand(orders_.of(pop), nodes, clock_.wall());
}

void Fleet::obey(const std::string& pop, NodeRecord& record) {
  if (record.session == 0) return;
  const bool close = standing(pop).close;
  if (record.told_to_drain == close) return;
  record.told_to_drain = close;
  record.drained = false;
  record.link->send_drain(close ? DrainOrder{true, kDrainPatience, orders_.of(pop).deadline}
                                : DrainOrder{});
}

void Fleet::on_closed(SessionId session) {
  registry_.closed(session, clock_.mono());
  tick();
}

void Fleet::on_expelled(SessionId session) {
  registry_.forget(session);
  tick();
}

void Fleet::expel_absent(const std::function<bool(const NodeName&)>& which) {
  registry_.forget_absent(which);
}

void Fleet::on_probe(const NodeName& name, bool reachable, const char* detail,
                     bool nobody_listens) {
  NodeRecord* record = registry_.find(name);
  if (record == nullptr) return;
  record->probed = Sight{reachable, clock_.mono(), detail};
  if (nobody_listens && record->session == 0) record->ended = true;
}

std::optional<std::string> Fleet::address_of(const NodeRecord& record) const {
  const auto found = watching_.endpoints.find(record.hello.pop);
  if (found == watching_.endpoints.end()) return std::nullopt;
  const bool only = registry_.nodes_of(record.hello.pop).size() == 1;
  return reachable_at(record.hello.endpoints, found->second, only);
}

std::vector<ProbeTarget> Fleet::probe_targets() {
  std::vector<ProbeTarget> targets;
  if (!watching_.probe) return targets;
  registry_.for_each([&](const std::string& pop, const std::string& node, NodeRecord& record) {
    auto address = address_of(record);
    if (!address) return;
    const bool urgent =
        record.session == 0 && (!record.probed || record.probed->at <= record.stream_changed);
    targets.push_back({{pop, node}, *std::move(address), urgent});
  });
  return targets;
}

void Fleet::assign() {
  const MonoTime now = clock_.mono();
  std::vector<Watched> nodes;
  std::map<NodeName, std::string> addresses;
  registry_.for_each([&](const std::string& pop, const std::string& node, NodeRecord& record) {
    const NodeName name{pop, node};
    auto address = address_of(record);
    nodes.push_back({name, registry_.leased(record, now), address.has_value()});
    if (address) addresses[name] = *std::move(address);
  });
  auto targets = assign_observers(nodes, watching_.observers);
  registry_.for_each([&](const std::string& pop, const std::string& node, NodeRecord& record) {
    if (record.session == 0) return;
    std::vector<ProbeTarget> wanted;
    for (const NodeName& name : targets[{pop, node}]) wanted.push_back({name, addresses[name]});
    if (wanted == record.looks_at) return;
    record.looks_at = std::move(wanted);
    record.link->send_observe(record.looks_at, look_rhythm());
  });
}

void Fleet::tick() {
  const MonoTime now = clock_.mono();
  assign();
  registry_.for_each([&](const std::string& pop, const std::string& node, NodeRecord& record) {
    obey(pop, record);
    const NodeState state = registry_.state(record, now);
    if (state == record.reported) return;
    if (state == NodeState::Down) {
      log_warn("fleet: {}/{} is down: {}", pop, node, explain(registry_.votes(record, now)));
    } else {
      log_info("fleet: {}/{} is {}", pop, node, to_string(state));
    }
    record.reported = state;
  });
}

}  // namespace atl::control
