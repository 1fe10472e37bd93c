#include "control-plane/fleet/quorum.h"

#include <fmt/format.h>

#include <algorithm>

namespace atl::control {
namespace {

void count(Vote vote, Verdict& verdict) {
  if (vote == Vote::Up) ++verdict.for_it;
  if (vote == Vote::Down) ++verdict.against;
}

using Group = std::vector<const Watched*>;  // who can look, of one PoP

}  // namespace

std::string_view to_string(Vote vote) {
  switch (vote) {
    case Vote::Silent:
      return "silent";
    case Vote::Up:
      return "up";
    case Vote::Down:
      return "down";
  }
  return "silent";
}

Verdict judge(const Votes& votes) {
  Verdict verdict;
  count(votes.lease, verdict);
  count(votes.probe, verdict);
  for (const Vote vote : votes.nodes) count(vote, verdict);
  verdict.up = verdict.for_it > 0 && verdict.for_it >= verdict.against;
  return verdict;
}

std::string explain(const Votes& votes) {
  const Verdict verdict = judge(votes);
  const size_t all = verdict.for_it + verdict.against;
  const bool heard = votes.lease == Vote::Up;
  if (all <= 1) return heard ? "heard of" : "not heard of, and nobody else looks";
  return fmt::format("{}, and {} of {} observers {} it", heard ? "heard of" : "not heard of",
                     verdict.up ? verdict.for_it : verdict.against, all,
                     verdict.up ? "see" : "do not see");
}

std::map<NodeName, std::vector<NodeName>> assign_observers(const std::vector<Watched>& nodes,
                                                           size_t observers) {
  std::vector<std::pair<std::string, Group>> pops;
  for (const Watched& node : nodes) {
    if (pops.empty() || pops.back().first != node.name.first) pops.push_back({node.name.first, {}});
    if (node.can_look) pops.back().second.push_back(&node);
  }
  std::map<NodeName, std::vector<NodeName>> targets;
  size_t home = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Watched& target = nodes[i];
    while (pops[home].first != target.name.first) ++home;
    if (!target.can_be_seen) continue;
    size_t left = observers;
    const auto take = [&](const Watched& observer) {
      targets[observer.name].push_back(target.name);
      --left;
    };
    // The next one of its own PoP, in a ring.
    Group siblings = pops[home].second;
    std::erase(siblings, &target);
    if (left > 0 && !siblings.empty()) {
      const auto next = std::find_if(siblings.begin(), siblings.end(), [&](const Watched* other) {
        return other->name > target.name;
      });
      take(next == siblings.end() ? *siblings.front() : **next);
    }
    for (size_t step = 1; step < pops.size() && left > 0; ++step) {
      const Group& group = pops[(home + step) % pops.size()].second;
      if (!group.empty()) take(*group[i % group.size()]);
    }
  }
  return targets;
}

}  // namespace atl::control
