#pragma once

#include <cstdint>
#include <string_view>

#include "lib/geo/address.h"

// Chance that is the same every time: for choices by share or weight. Everybody in one network gets
// the same one, so that an answer that rests on it holds for the network, and resolvers, which tell
// no more of their clients than that (RFC 7871 section 11.1), and HTTP clients agree.

namespace atl::geo {

// How many leading bits (of 128) of an address count: /24 of IPv4, /56 of IPv6.
uint8_t hashed_bits(const Address& address);

// Of the network of the address.
uint64_t client_hash(const Address& address);

// Of text that names what is being chosen, so that choices do not go together.
uint64_t salt_of(std::string_view text);

// Evenly spread over [0, 1).
double fraction(uint64_t client, uint64_t salt);

}  // namespace atl::geo
