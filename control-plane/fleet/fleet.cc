#include "control-plane/fleet/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
  if (NodeRecord* record = heard(session)) record->health = std::move(health);
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
  registry_.closed(session);
  tick();
}

void Fleet::tick() {
  const MonoTime now = clock_.mono();
  registry_.for_each([&](const std::string& pop, const std::string& node, NodeRecord& record) {
    obey(pop, record);
    const NodeState state = registry_.state(record, now);
    if (state == record.reported) return;
    if (state == NodeState::Down) {
      log_warn("fleet: {}/{} is down: {}", pop, node,
               record.session == 0 ? "its stream closed" : "not heard of for a lease");
    } else {
      log_info("fleet: {}/{} is {}", pop, node, to_string(state));
    }
    record.reported = state;
  });
}

}  // namespace atl::control
