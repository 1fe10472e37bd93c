#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "control-plane/dns/siphash.h"
#include "lib/base/clock.h"
#include "lib/geo/address.h"

namespace atl::dns {

// Response-rate limiting, after Vixie and Schryver (ISC-TN-2012-1): the same answer to the same
// network goes out so many times a second and no more, so that forged queries make nobody a target.
// Of what is too much every second one is answered with "truncated", and whoever is really there
// comes back over TCP. Memory is fixed; the idlest account gives way. One thread.
class RateLimiter {
 public:
  // 0: no limit.
  RateLimiter(uint32_t per_second, const SipKey& key);

  enum class Verdict : uint8_t { Send, Truncate, Drop };

  // `what` names the answer; the network is the /24 or /56 of the client.
  Verdict judge(const geo::Address& client, uint64_t what, MonoTime now);

 private:
  struct Account {
    uint64_t who = 0;
    int64_t paid_until = 0;  // ns; runs ahead of the clock by what was sent too early
  };
  static constexpr size_t kWays = 4;
  static constexpr size_t kSets = 16'384;
  using Set = std::array<Account, kWays>;

  int64_t interval_;  // ns between answers; 0: no limit
  SipKey key_;
  std::vector<Set> sets_;
  bool slip_ = false;
};

}  // namespace atl::dns
