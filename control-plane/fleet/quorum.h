#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Whether a node lives, by several who look at it, and who looks at whom. Pure.

namespace atl::control {

enum class Vote : uint8_t { Silent, Up, Down };
std::string_view to_string(Vote vote);

struct Votes {
  Vote lease = Vote::Down;    // its own: it is heard of
  Vote probe = Vote::Silent;  // the control plane's, by HTTP
  std::vector<Vote> nodes;    // of other nodes, by HTTP
};

struct Verdict {
  bool up = false;
  size_t for_it = 0;
  size_t against = 0;
};
// A node is down when more say so than say that it lives. So one observer alone is believed only
// when nobody contradicts, and a tie keeps the node: who is cut off sees everybody down.
Verdict judge(const Votes& votes);

// For people: "2 of 3 observers do not reach it".
std::string explain(const Votes& votes);

// PoP and node.
using NodeName = std::pair<std::string, std::string>;

struct Watched {
  NodeName name;
  bool can_look = false;  // its word arrives
  bool can_be_seen = false;
};
// Who looks at whom: each node that can be seen gets up to `observers` others, one of its own PoP
// and the rest of the PoPs that follow, because whoever is cut off from a PoP is often cut off from
// all of it. `nodes`: by name.
std::map<NodeName, std::vector<NodeName>> assign_observers(const std::vector<Watched>& nodes,
                                                           size_t observers);

}  // namespace atl::control
