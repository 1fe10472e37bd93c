#include "control-plane/fleet/registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace atl::control {
namespace {

constexpr size_t kLongestName = 64;
constexpr size_t kMostEndpoints = 16;
constexpr size_t kLongestEndpoint = 300;
// How much later than a stream's end what was seen before it may arrive: the observer may be
// farther away.
constexpr std::chrono::milliseconds kUnderWay{300};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool is_endpoint_text(const std::string& text) {
  return !text.empty() && text.size() <= kLongestEndpoint &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string_view to_string(NodeState state) {
  switch (state) {
    case NodeState::Active:
      return "active";
    case NodeState::NotServing:
      return "not-serving";
    case NodeState::Down:
      return "down";
  }
  return "down";
}

const char* check_hello(const NodeHello& hello) {
  if (!is_name(hello.pop)) return "the hello names no PoP";
  if (!is_name(hello.node)) {
    return "a node's name is of letters, digits, '-', '_' and '.', at most 64 of them";
  }
  if (!is_name(hello.instance)) return "the hello has no proper instance";
  if (hello.version.size() > kLongestName) return "the version is too long";
  if (hello.endpoints.size() > kMostEndpoints ||
      !std::all_of(hello.endpoints.begin(), hello.endpoints.end(), is_endpoint_text)) {
    return "the hello's endpoints are not addresses, or there are too many";
  }
  return nullptr;
}

void Registry::set_pops(std::vector<std::string> ids) {
  for (auto it = pops_.begin(); it != pops_.end();) {
    if (std::find(ids.begin(), ids.end(), it->first) != ids.end()) {
      ++it;
      continue;
    }
    for (auto& [name, record] : it->second) {
      if (record.session == 0) continue;
      sessions_.erase(record.session);
      record.link->close("the PoP was removed from the configuration");
    }
    it = pops_.erase(it);
  }
  for (std::string& id : ids) pops_.try_emplace(std::move(id));
}

std::expected<SessionId, std::string> Registry::join(NodeHello hello,
                                                     std::shared_ptr<NodeLink> link, MonoTime now) {
  if (const char* wrong = check_hello(hello)) return std::unexpected(wrong);
  const auto pop = pops_.find(hello.pop);
  if (pop == pops_.end()) {
    return std::unexpected(fmt::format("there is no PoP \"{}\" in the configuration", hello.pop));
  }
  Nodes& nodes = pop->second;
  auto found = nodes.find(hello.node);
  if (found == nodes.end()) {
    if (nodes.size() >= kNodesPerPop) {
      return std::unexpected(fmt::format("the PoP has {} nodes already", kNodesPerPop));
    }
    found = nodes.try_emplace(hello.node).first;
  }
  NodeRecord& record = found->second;
  if (record.session != 0) {
    const bool leased = record.last_heard + lease_ > now;
    if (leased && record.hello.instance != hello.instance) {
      return std::unexpected(fmt::format("another process is node \"{}\" of PoP \"{}\" and alive",
                                         hello.node, hello.pop));
    }
    sessions_.erase(record.session);
    record.link->close("a newer stream of this node took over");
  }
  const NodeState reported = record.reported;
  record = NodeRecord{};
  record.reported = reported;
  record.last_purge = hello.last_purge;
  if (hello.draining) record.told_to_drain.reset();
  record.hello = std::move(hello);
  record.last_heard = record.stream_changed = now;
  record.session = next_session_++;
  record.link = std::move(link);
  sessions_.emplace(record.session, std::pair(pop->first, found->first));
  return record.session;
}

NodeRecord* Registry::heard(SessionId session, MonoTime now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return nullptr;
  NodeRecord& record = pops_.find(found->second.first)->second.find(found->second.second)->second;
  record.last_heard = now;
  return &record;
}

void Registry::closed(SessionId session, MonoTime now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  NodeRecord& record = pops_.find(found->second.first)->second.find(found->second.second)->second;
  record.session = 0;
  record.link.reset();
  record.stream_changed = now;
  sessions_.erase(found);
}

void Registry::forget(SessionId session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  pops_.find(found->second.first)->second.erase(found->second.second);
  sessions_.erase(found);
}

void Registry::forget_absent(const std::function<bool(const NodeName&)>& which) {
  for (auto& [pop, nodes] : pops_) {
    std::erase_if(nodes, [&](const auto& entry) {
      return entry.second.session == 0 && which({pop, entry.first});
    });
  }
}

Votes Registry::votes(const NodeRecord& record, MonoTime now) const {
  const auto vote = [](const Sight& sight) { return sight.reachable ? Vote::Up : Vote::Down; };
  Votes votes;
  votes.lease = leased(record, now) ? Vote::Up : Vote::Down;
  // The probe looks again at once when a stream breaks; until then its word from before counts.
  if (record.probed && record.probed->at + lease_ > now) votes.probe = vote(*record.probed);
  for (const auto& [observer, sight] : record.seen_by) {
    if (sight.at > record.stream_changed + kUnderWay && sight.at + lease_ > now) {
      votes.nodes.push_back(vote(sight));
    }
  }
  return votes;
}

NodeState Registry::state(const NodeRecord& record, MonoTime now) const {
  if (leased(record, now) && !record.health.serving) return NodeState::NotServing;
  if (record.ended || !judge(votes(record, now)).up) return NodeState::Down;
  return record.health.serving ? NodeState::Active : NodeState::NotServing;
}

void Registry::observed(NodeRecord& observer, MonoTime now) {
  const NodeName by{observer.hello.pop, observer.hello.node};
  for (Observation& seen : observer.health.observed) {
    const NodeName name{seen.pop, seen.node};
    const bool asked = std::any_of(observer.looks_at.begin(), observer.looks_at.end(),
                                   [&](const ProbeTarget& target) { return target.name == name; });
    NodeRecord* record = asked ? find(name) : nullptr;
    if (record != nullptr)
      record->seen_by[by] = {seen.reachable, now - seen.age, std::move(seen.detail)};
  }
  observer.health.observed.clear();
}

NodeRecord* Registry::find(const NodeName& name) {
  const auto pop = pops_.find(name.first);
  if (pop == pops_.end()) return nullptr;
  const auto node = pop->second.find(name.second);
  return node == pop->second.end() ? nullptr : &node->second;
}

NodeState Registry::pop_state(std::string_view pop, MonoTime now) const {
  NodeState best = NodeState::Down;
  const auto found = pops_.find(pop);
  if (found == pops_.end()) return best;
  for (const auto& [name, record] : found->second) best = std::min(best, state(record, now));
  return best;
}

void Registry::for_each(const Visit& visit) {
  for (auto& [pop, nodes] : pops_) {
    for (auto& [name, record] : nodes) visit(pop, name, record);
  }
}

std::vector<const NodeRecord*> Registry::nodes_of(std::string_view pop) const {
  std::vector<const NodeRecord*> nodes;
  const auto found = pops_.find(pop);
  if (found == pops_.end()) return nodes;
  for (const auto& [name, record] : found->second) nodes.push_back(&record);
  return nodes;
}

}  // namespace atl::control
