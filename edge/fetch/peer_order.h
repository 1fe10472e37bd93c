#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "edge/routing/route_table.h"

namespace atl::edge {

// What is known of a fetch when it is decided which other edges it asks (docs/tiers.md).
struct PeerQuestion {
  const RouteTable& routes;
  std::string_view pop;    // this node's
  std::string_view node;   // and its name there
  std::string_view key;    // cache::build_key()
  bool caching = true;     // the behaviour caches; otherwise nobody has anything to offer
  bool shared = true;      // the answer may be somebody else's, or changes what they have
  bool from_peer = false;  // another edge asks us: one sibling is enough
};

// Null: nobody of that kind is asked.
struct PeerRoute {
  const OriginEndpoint* sibling = nullptr;  // has it, or fetches it for the whole PoP
  const OriginEndpoint* shield = nullptr;   // if not the sibling, then this one
};

// Of each peer of a PoP, in its order: exchanges under way; ring::kNotThere if it is down.
using PeerLoads = std::function<void(const Pop& pop, std::vector<uint64_t>& out)>;

// Pure but for `loads`.
PeerRoute choose_peers(const PeerQuestion& question, const PeerLoads& loads);

}  // namespace atl::edge
