#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "deploy/lab/random/random.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/distribution.h"

// What TCP and TLS cost, as time: docs/lab.md, "The model".

namespace atl::lab {

// Nanoseconds since the start of a run.
using Tick = int64_t;

inline constexpr Tick kMicrosecond = 1'000;
inline constexpr Tick kMillisecond = 1'000'000;
inline constexpr Tick kSecond = 1'000'000'000;
inline Tick ticks(Span span) { return span.count() * kMillisecond; }
inline Tick ticks_of_ms(double ms) { return static_cast<Tick>(ms * 1e6); }

// RFC 6928: ten segments before the first acknowledgement.
inline constexpr double kInitialWindow = 10.0 * 1460;
// RFC 6298 section 2.1, for the segment that opens a connection.
inline constexpr Tick kConnectRetry = kSecond;
// Least that Linux adds to the round trip before it sends again (TCP_RTO_MIN).
inline constexpr Tick kLeastRetry = 200 * kMillisecond;

// From one place to another. Immutable once made.
struct Path {
  Tick rtt = 0;                     // without jitter
  uint32_t lost = 0;                // chance that a round trip waits for a retransmission, of 2^32
  double ns_per_byte = 0;           // of one connection
  const Quantiles* near = nullptr;  // jitter of the last mile, in microseconds; null: none
  const Quantiles* far = nullptr;   // and of what lies between
};

// All paths of a scenario.
class Paths {
 public:
  explicit Paths(const Scenario& scenario);

  // `cell`: region * number of classes + class.
  const Path& to_pop(uint32_t cell, uint32_t pop) const { return to_pops_[cell * pops_ + pop]; }
  const Path& to_origin(uint32_t cell) const { return direct_[cell]; }
  const Path& between(uint32_t from, uint32_t to) const { return between_[from * pops_ + to]; }
  const Path& pop_to_origin(uint32_t pop) const { return upstream_[pop]; }
  const Path& control_to_pop(uint32_t pop) const { return control_[pop]; }

 private:
  size_t pops_;
  std::vector<Path> to_pops_, direct_, between_, upstream_, control_;
  std::vector<std::unique_ptr<Quantiles>> jitters_;  // one for each class, the last the network's
};

// One round trip as it happens to be.
Tick round_trip(const Path& path, Random& random);
// From nothing to a connection on which a request can be sent.
Tick connecting(const Path& path, bool tls, Random& random);
// From the first byte of a body to its last: slow start from the initial window (RFC 5681 section
// 3.1; an idle connection begins there again, section 4.1), then what the bandwidth allows.
Tick transfer(const Path& path, uint64_t bytes);
// The same over a connection that is never idle.
inline Tick steady_transfer(const Path& path, uint64_t bytes) {
  return static_cast<Tick>(static_cast<double>(bytes) * path.ns_per_byte);
}

}  // namespace atl::lab
