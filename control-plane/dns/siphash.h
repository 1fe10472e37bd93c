#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "control-plane/dns/wire.h"

namespace atl::dns {

using SipKey = std::array<uint8_t, 16>;

// SipHash-2-4 (Aumasson, Bernstein 2012): short messages, keyed, so that nobody without the key can
// make two of them meet.
inline uint64_t siphash(const SipKey& key, Octets message) {
  const auto little = [](const uint8_t* at) {
    uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return value;  // every machine this runs on is little-endian
  };
  const auto rotate = [](uint64_t value, int by) { return value << by | value >> (64 - by); };
  const uint64_t k0 = little(key.data());
  const uint64_t k1 = little(key.data() + 8);
  uint64_t v0 = k0 ^ 0x736f6d6570736575;
  uint64_t v1 = k1 ^ 0x646f72616e646f6d;
  uint64_t v2 = k0 ^ 0x6c7967656e657261;
  uint64_t v3 = k1 ^ 0x7465646279746573;
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      v0 += v1;
      v1 = rotate(v1, 13) ^ v0;
      v0 = rotate(v0, 32);
      v2 += v3;
      v3 = rotate(v3, 16) ^ v2;
      v0 += v3;
      v3 = rotate(v3, 21) ^ v0;
      v2 += v1;
      v1 = rotate(v1, 17) ^ v2;
      v2 = rotate(v2, 32);
    }
  };
  const auto absorb = [&](uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  const size_t whole = message.size() / 8 * 8;
  for (size_t at = 0; at < whole; at += 8) absorb(little(message.data() + at));
  uint64_t last = static_cast<uint64_t>(message.size()) << 56;
  for (size_t at = whole; at < message.size(); ++at) {
    last |= static_cast<uint64_t>(message[at]) << 8 * (at - whole);
  }
  absorb(last);
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace atl::dns
