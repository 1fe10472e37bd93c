#pragma once

#include <array>
#include <cstdint>

#include "control-plane/dns/siphash.h"
#include "control-plane/dns/wire.h"
#include "lib/geo/address.h"

namespace atl::dns {

inline constexpr size_t kClientCookie = 8;  // octets
inline constexpr size_t kWholeCookie = 24;  // the client's and ours

// The client's cookie followed by ours.
using Cookie = std::array<uint8_t, kWholeCookie>;

struct CookieJudgement {
  bool known = false;  // the client has shown a cookie of ours: its address is not forged
  Cookie answer{};     // to go into the answer
};

// Interoperable cookies (RFC 9018): whoever has the secret makes and knows the same ones. `cookie`:
// as in a query, at least the client's part. `now`: Unix seconds.
CookieJudgement judge_cookie(const SipKey& secret, Octets cookie, const geo::Address& client,
                             uint32_t now);

}  // namespace atl::dns
