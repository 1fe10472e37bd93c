#include "edge/agent/neighbours.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/log.h"
#include "lib/net/endpoint.h"

namespace atl::edge {
namespace {

using std::chrono::milliseconds;

constexpr int kMost = 64;
constexpr milliseconds kShortestInterval{20};
constexpr milliseconds kLongest{60'000};

milliseconds within(uint32_t wanted, milliseconds unless) {
  return wanted == 0 ? unless : std::clamp(milliseconds(wanted), kShortestInterval, kLongest);
}

}  // namespace

Neighbours::Neighbours(net::Loop& loop, std::function<void()> changed)
    : loop_(loop),
      changed_(std::move(changed)),
      watch_(loop, [this](const std::string& name, probe::Finding finding) {
        on_finding(name, finding);
      }) {}

void Neighbours::look_at(const v1::Observe& wanted) {
  std::map<std::string, Neighbour> neighbours;
  std::map<std::string, net::Endpoint> targets;
  for (int i = 0; i < std::min(wanted.targets_size(), kMost); ++i) {
    const v1::Observe::Target& target = wanted.targets(i);
    const auto at = net::parse_endpoint(target.endpoint());
    if (!at) continue;
    const std::string name = target.pop() + "/" + target.node();
    const auto known = neighbours_.find(name);
    neighbours[name] = known == neighbours_.end()
                           ? Neighbour{target.pop(), target.node(), std::nullopt, {}}
                           : known->second;
    targets[name] = *at;
  }
  neighbours_ = std::move(neighbours);
  const probe::Watch::Rhythm usual;
  watch_.set(targets, {within(wanted.interval_ms(), usual.interval),
                       within(wanted.timeout_ms(), usual.timeout)});
}

void Neighbours::forget() {
  neighbours_.clear();
  watch_.set({}, {});
}

void Neighbours::report(v1::Health& health) const {
  const MonoTime now = loop_.now();
  for (const auto& [name, neighbour] : neighbours_) {
    if (!neighbour.seen) continue;
    v1::Health::Observation& seen = *health.add_observed();
    seen.set_pop(neighbour.pop);
    seen.set_node(neighbour.node);
    seen.set_reachable(neighbour.seen->reachable);
    seen.set_detail(neighbour.seen->detail);
    seen.set_age_ms(static_cast<uint32_t>(std::max<int64_t>(
        0, std::chrono::duration_cast<milliseconds>(now - neighbour.at).count())));
  }
}

void Neighbours::on_finding(const std::string& name, probe::Finding finding) {
  Neighbour& neighbour = neighbours_.at(name);
  std::optional<probe::Finding>& seen = neighbour.seen;
  neighbour.at = loop_.now();
  const bool before = seen.has_value();
  const bool changed = !before || seen->reachable != finding.reachable;
  seen = finding;
  if (!changed) return;
  if (before || !finding.reachable) {
    log_info("node {} {}{}", name,
             finding.reachable ? "can be reached" : "cannot be reached: ", finding.detail);
  }
  changed_();
}

}  // namespace atl::edge
