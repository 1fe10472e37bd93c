#include "lib/store/redis/slot_map.h"

#include <algorithm>
#include <utility>

#include "lib/store/redis/slot.h"

namespace atl::store::redis {
namespace {

using Kind = Reply::Kind;

bool is_slot(const Reply& reply) {
  return reply.is(Kind::Integer) && reply.integer >= 0 &&
         reply.integer < static_cast<int64_t>(kSlots);
}

// [host, port, id, ...]; the host may be nil or empty.
std::optional<net::Endpoint> parse_node(const Reply& node, std::string_view asked) {
  if (!node.is(Kind::Array) || node.elements.size() < 2) return std::nullopt;
  const Reply& host = node.elements[0];
  const Reply& port = node.elements[1];
  if (!host.is(Kind::String) && !host.is(Kind::Nil)) return std::nullopt;
  if (!port.is(Kind::Integer) || port.integer < 1 || port.integer > 65535) return std::nullopt;
  const bool named = !host.text.empty() && host.text != "?";
  return net::Endpoint{named ? host.text : std::string(asked), static_cast<uint16_t>(port.integer)};
}

}  // namespace

std::optional<SlotMap> SlotMap::parse(const Reply& reply, std::string_view asked) {
  if (!reply.is(Kind::Array)) return std::nullopt;
  SlotMap map;
  map.slots_.resize(kSlots);
  if (reply.elements.size() > kSlots) return std::nullopt;
  for (const Reply& range : reply.elements) {
    if (!range.is(Kind::Array) || range.elements.size() < 3) return std::nullopt;
    const Reply& first = range.elements[0];
    const Reply& last = range.elements[1];
    const auto master = parse_node(range.elements[2], asked);
    if (!is_slot(first) || !is_slot(last) || first.integer > last.integer || !master)
      return std::nullopt;
    const uint16_t index = map.index_of(*master);
    if (index == 0) return std::nullopt;
    for (auto slot = first.integer; slot <= last.integer; ++slot) {
      uint16_t& owner = map.slots_[static_cast<size_t>(slot)];
      if (std::exchange(owner, index) != 0) return std::nullopt;  // two owners
    }
  }
  return map;
}

const net::Endpoint* SlotMap::find(uint16_t slot) const {
  if (slot >= slots_.size() || slots_[slot] == 0) return nullptr;
  return &masters_[slots_[slot] - 1];
}

void SlotMap::move(uint16_t slot, const net::Endpoint& to) {
  slots_.resize(kSlots);
  if (const uint16_t index = index_of(to); index != 0) slots_[slot] = index;
}

uint16_t SlotMap::index_of(const net::Endpoint& master) {
  const auto at = std::ranges::find(masters_, master);
  const auto index = static_cast<uint16_t>(at - masters_.begin());
  if (at == masters_.end()) {
    if (masters_.size() == kMostMasters) return 0;
    masters_.push_back(master);
  }
  return static_cast<uint16_t>(index + 1);
}

}  // namespace atl::store::redis
