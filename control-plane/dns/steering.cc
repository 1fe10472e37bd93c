#include "control-plane/dns/steering.h"

#include <algorithm>
#include <cstring>

#include "control-plane/geo/choice.h"
#include "control-plane/geo/place.h"

namespace atl::dns {
namespace {

// What one slot stands for where databases are not finer than that; what is routed on the public
// network is not either.
constexpr uint8_t kUsualV4 = 96 + 24;
constexpr uint8_t kUsualV6 = 48;

struct Halves {
  uint64_t high;
  uint64_t low;
};

Halves halves_of(const geo::Address& address) {
  Halves halves;
  std::memcpy(&halves, address.bytes.data(), sizeof halves);
  return {__builtin_bswap64(halves.high), __builtin_bswap64(halves.low)};
}

Halves first_bits(Halves halves, unsigned length) {
  constexpr uint64_t kAll = ~uint64_t{0};
  halves.high &= length >= 64 ? kAll : length == 0 ? 0 : kAll << (64 - length);
  halves.low &= length >= 128 ? kAll : length <= 64 ? 0 : kAll << (128 - length);
  return halves;
}

size_t slot_of(Halves halves, uint32_t policy) {
  halves.high += policy;
  uint64_t mixed = (halves.high ^ (halves.low * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
  mixed ^= mixed >> 32;
  return static_cast<size_t>(mixed * 0x9e3779b97f4a7c15 >> 40);
}

}  // namespace

Steering::Steering() : slots_(std::make_unique<std::array<Slot, kSlots>>()) {}

const Ranking& Steering::rank(const View& view, const geo::Address& client, uint32_t distribution) {
  const uint32_t policy = view.routing->chart().policy_of(distribution);
  const uint8_t usual = client.is_v4() ? kUsualV4 : kUsualV6;
  const Halves whole = halves_of(client);
  Slot& slot = (*slots_)[slot_of(first_bits(whole, usual), policy) % kSlots];
  const Halves wanted = first_bits(whole, slot.length);
  if (slot.epoch == view.epoch && slot.policy == policy && slot.high == wanted.high &&
      slot.low == wanted.low) {
    return slot.ranking;
  }
  decide(view, client, policy, slot.ranking);
  slot.length = std::max(usual, slot.ranking.scope);
  const Halves key = first_bits(whole, slot.length);
  slot.epoch = view.epoch;
  slot.policy = policy;
  slot.high = key.high;
  slot.low = key.low;
  return slot.ranking;
}

void Steering::decide(const View& view, const geo::Address& client, uint32_t policy,
                      Ranking& ranking) {
  const geo::Place place = geo::locate(client, *view.subnets, view.databases);
  geo::choose(*view.routing, {place, client, policy}, kMostAnswers, decision_);
  ranking = {};
  ranking.scope = std::max(place.prefix_length, decision_.hashed_bits);
  ranking.forbidden = decision_.reason == geo::Reason::Forbidden;
  ranking.single = decision_.reason == geo::Reason::Canary ||
                   view.routing->chart().policy(policy).spec.steer != geo::Steer::Nearest;
  for (const geo::Candidate& candidate : decision_.ranked) {
    // Not even to those who fail open is anybody sent who is not let in, or to PoPs that the
    // operator took out of service.
    if (candidate.verdict > geo::Verdict::Down) break;
    const bool open = candidate.verdict == geo::Verdict::Open;
    const bool last_resort = !open && takes_requests(candidate.verdict) &&
                             decision_.ranked.front().verdict != geo::Verdict::Open;
    if (open || last_resort) ++ranking.active;
    ranking.pops[ranking.size++] = static_cast<uint16_t>(candidate.pop);
  }
}

}  // namespace atl::dns
