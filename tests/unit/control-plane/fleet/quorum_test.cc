#include "control-plane/fleet/quorum.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace atl::control {
namespace {

constexpr auto U = Vote::Up;
constexpr auto D = Vote::Down;
constexpr auto S = Vote::Silent;

TEST_CASE("quorum: who is down is said by more than say the opposite") {
  struct Row {
    const char* what;
    Votes votes;
    bool up;
  };
  for (const Row& row : {
           Row{"heard of, nobody else looks", {U, S, {}}, true},
           Row{"not heard of, nobody else looks", {D, S, {}}, false},
           Row{"nobody says anything", {S, S, {}}, false},
           Row{"all is well", {U, U, {U, U}}, true},
           Row{"it is dead", {D, D, {D, D}}, false},
           Row{"dead, and one has not looked yet", {D, D, {D, U}}, false},
           Row{"the probe is cut off", {U, D, {}}, true},
           Row{"the probe is cut off, others see it", {U, D, {U, U}}, true},
           Row{"the stream is cut off, others see it", {D, U, {U}}, true},
           Row{"the stream alone is cut off", {D, U, {}}, true},
           Row{"the control plane is cut off from the PoP, two others are not",
               {D, D, {U, U}},
               true},
           Row{"one other is not", {D, D, {U}}, false},
           Row{"one other is cut off", {U, U, {D}}, true},
           Row{"it says that it lives, and nobody gets there", {U, D, {D, D}}, false},
           Row{"it says that it lives, and the others disagree", {U, D, {U, D}}, true},
       }) {
    CAPTURE(row.what);
    CHECK(judge(row.votes).up == row.up);
  }
  const Verdict counted = judge({U, D, {S, D, U, U}});
  CHECK(counted.for_it == 3);
  CHECK(counted.against == 2);
}

using Targets = std::map<NodeName, std::vector<NodeName>>;

Watched node(const char* pop, const char* name, bool looks = true, bool seen = true) {
  return {{pop, name}, looks, seen};
}

TEST_CASE("observers: one of the own PoP, the others of the next PoPs") {
  const Targets targets =
      assign_observers({node("a", "0"), node("a", "1"), node("b", "0"), node("c", "0")}, 3);
  std::map<NodeName, std::set<NodeName>> observers;
  for (const auto& [observer, seen] : targets) {
    for (const NodeName& target : seen) observers[target].insert(observer);
  }
  CHECK(observers[{"a", "0"}] == std::set<NodeName>{{"a", "1"}, {"b", "0"}, {"c", "0"}});
  CHECK(observers[{"a", "1"}] == std::set<NodeName>{{"a", "0"}, {"b", "0"}, {"c", "0"}});
  CHECK(observers[{"b", "0"}].size() == 2);
  CHECK(observers[{"b", "0"}].contains({"c", "0"}));
}

TEST_CASE("observers: nobody looks at itself, and only who can looks at who can be seen") {
  CHECK(assign_observers({}, 3).empty());
  CHECK(assign_observers({node("a", "0")}, 3).empty());
  CHECK(assign_observers({node("a", "0"), node("b", "0")}, 0).empty());
  const Targets some = assign_observers(
      {node("a", "0", false), node("a", "1", true, false), node("b", "0", true)}, 3);
  CHECK(some == Targets{{{"a", "1"}, {{"a", "0"}, {"b", "0"}}}, {{"b", "0"}, {{"a", "0"}}}});
}

TEST_CASE("observers: the work is spread over the nodes of a large fleet") {
  std::vector<Watched> nodes;
  for (int pop = 100; pop < 400; ++pop) {
    for (const char* name : {"0", "1"}) nodes.push_back(node(std::to_string(pop).c_str(), name));
  }
  const Targets targets = assign_observers(nodes, 3);
  size_t most = 0;
  size_t all = 0;
  for (const auto& [observer, seen] : targets) {
    CHECK(std::set<NodeName>(seen.begin(), seen.end()).size() == seen.size());
    CHECK_FALSE(std::set<NodeName>(seen.begin(), seen.end()).contains(observer));
    most = std::max(most, seen.size());
    all += seen.size();
  }
  CHECK(all == 3 * nodes.size());
  CHECK(most <= 5);
}

}  // namespace
}  // namespace atl::control
