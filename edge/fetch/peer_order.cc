#include "edge/fetch/peer_order.h"

namespace atl::edge {
namespace {

// Below so many exchanges under way a peer is not busy: keys stay with their owners.
constexpr ring::Bound kBound{.slack_percent = 25, .at_least = 64};

// `self`: index of this node, which has no load of its own to speak of; ring.size(): not of them.
// Null: it is this node, or nobody is there.
const OriginEndpoint* choose_peer(const Pop& pop, uint64_t key, size_t self,
                                  const PeerLoads& loads) {
  std::vector<uint64_t> load;
  loads(pop, load);
  if (self < load.size()) load[self] = 0;
  std::vector<uint32_t> order;
  pop.ring.order(key, order);
  const ring::Choice choice = ring::choose(order, load, kBound);
  return choice.none || choice.node == self ? nullptr : &pop.peers[choice.node];
}

}  // namespace

PeerRoute choose_peers(const PeerQuestion& question, const PeerLoads& loads) {
  PeerRoute route;
  const Pop* own = question.routes.find_pop(question.pop);
  if (own == nullptr || !question.caching) return route;
  const uint64_t key = ring::hash(question.key);
  if (!question.from_peer && question.shared && own->ring.size() > 0) {
    route.sibling = choose_peer(*own, key, own->ring.find(question.node), loads);
  }
  if (own->shield != nullptr) {
    route.shield = choose_peer(*own->shield, key, own->shield->ring.size(), loads);
  }
  return route;
}

}  // namespace atl::edge
