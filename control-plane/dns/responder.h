#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "control-plane/dns/outcome.h"
#include "control-plane/dns/query.h"
#include "control-plane/dns/rate_limit.h"
#include "control-plane/dns/signer.h"
#include "control-plane/dns/siphash.h"
#include "control-plane/dns/steering.h"
#include "control-plane/dns/view.h"
#include "control-plane/dns/wire.h"
#include "lib/base/clock.h"
#include "lib/geo/address.h"

namespace atl::dns {

enum class Transport : uint8_t { Udp, Tcp };

// The largest answers. UDP: RFC 9715's figure against fragmentation, or less if the asker takes
// less.
inline constexpr size_t kLargestUdp = 1232;
inline constexpr size_t kLargestTcp = 65'535;

// Answers queries from a View. Pure but for what it remembers of decisions, signatures and rates.
// One thread. Does not allocate once it is warm, but to sign.
class Responder {
 public:
  struct Options {
    SipKey secret{};  // of cookies and of the rate limiter's table; all threads have the same
    uint32_t rate_limit = 0;  // answers a second; see RateLimiter
  };
  struct Asker {
    geo::Address address;
    Transport transport = Transport::Udp;
  };
  struct Moment {
    MonoTime mono{};
    uint32_t unix_seconds = 0;
  };

  explicit Responder(const Options& options);

  // Writes the answer to `message` into `out`, which has room for the largest of the transport.
  // Hostile input welcome: what is refused is answered with no more than was sent, but for an OPT
  // record. Rates hold for UDP, and for clients that have shown no cookie of ours.
  Outcome respond(const View& view, Octets message, const Asker& asker, const Moment& now,
                  std::span<uint8_t> out);

 private:
  // What of the rate limit this answer falls under.
  RateLimiter::Verdict judge(const Asker& asker, bool known, uint64_t what, MonoTime now);
  // For the query's answer; null: it is not signed.
  Signer* signer_for(const View& view);

  const SipKey secret_;
  Query query_;
  Steering steering_;
  std::unique_ptr<Signer> signer_;  // of the key and the zone of the view before
  RateLimiter limiter_;
};

}  // namespace atl::dns
