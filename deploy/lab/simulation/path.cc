#include "deploy/lab/simulation/path.h"

#include <algorithm>
#include <cmath>

namespace atl::lab {
namespace {

constexpr int kMostRetries = 6;

double ns_per_byte(double mbit) { return 8000.0 / mbit; }

// Either direction may lose.
uint32_t lost_of(double one_way) {
  const double round = 1 - (1 - one_way) * (1 - one_way);
  return static_cast<uint32_t>(std::min(round * 0x1p32, 4294967295.0));
}

// Waits until something gets through, twice as long each time (RFC 6298 section 5.5).
Tick stall(const Path& path, Tick first, Random& random) {
  Tick waited = 0;
  Tick wait = first;
  for (int i = 0; i < kMostRetries; ++i, wait *= 2) {
    waited += wait;
    if ((random.next() >> 32) >= path.lost) break;
  }
  return waited;
}

Tick round_trip_from(const Path& path, Tick retry, Random& random) {
  const uint64_t bits = random.next();
  Tick time = path.rtt;
  if (path.far != nullptr) time += static_cast<Tick>(path.far->at(bits)) * kMicrosecond;
  if (path.near != nullptr) {
    time += static_cast<Tick>(path.near->at(bits >> Quantiles::kBits)) * kMicrosecond;
  }
  if ((bits >> 32) < path.lost) time += stall(path, retry, random);
  return time;
}

std::unique_ptr<Quantiles> jitter_of(const Wire& wire) {
  if (wire.jitter_ms <= 0) return nullptr;
  return std::make_unique<Quantiles>(Quantiles::of_jitter(wire));
}

}  // namespace

Paths::Paths(const Scenario& scenario) : pops_(scenario.pops.size()) {
  const Network& network = scenario.network;
  for (const ClientClass& one : network.classes) jitters_.push_back(jitter_of(one.wire));
  jitters_.push_back(jitter_of(network.wan));
  const auto wan = [&](const Site& from, const Site& to) {
    return Path{.rtt = ticks_of_ms(base_rtt_ms(network.matrix, from, to)),
                .lost = lost_of(network.wan.loss),
                .ns_per_byte = ns_per_byte(network.wan.bandwidth_mbit),
                .near = nullptr,
                .far = jitters_.back().get()};
  };
  const auto client = [&](const Site& from, size_t number, const Site& to) {
    const ClientClass& last_mile = network.classes[number];
    Path path = wan(from, to);
    path.rtt += ticks_of_ms(last_mile.rtt_ms);
    path.lost = lost_of(1 - (1 - last_mile.wire.loss) * (1 - network.wan.loss));
    path.ns_per_byte = std::max(path.ns_per_byte, ns_per_byte(last_mile.wire.bandwidth_mbit));
    path.near = jitters_[number].get();
    return path;
  };
  for (const ClientRegion& region : scenario.regions) {
    for (size_t number = 0; number < network.classes.size(); ++number) {
      for (const PopSpec& pop : scenario.pops) {
        to_pops_.push_back(client(region.place, number, pop.place));
      }
      direct_.push_back(client(region.place, number, scenario.origin.place));
    }
  }
  for (const PopSpec& from : scenario.pops) {
    for (const PopSpec& to : scenario.pops) between_.push_back(wan(from.place, to.place));
    upstream_.push_back(wan(from.place, scenario.origin.place));
    control_.push_back(wan(scenario.control, from.place));
  }
}

Tick round_trip(const Path& path, Random& random) {
  return round_trip_from(path, path.rtt + kLeastRetry, random);
}

Tick connecting(const Path& path, bool tls, Random& random) {
  Tick time = round_trip_from(path, kConnectRetry, random);
  if (tls) time += round_trip(path, random);
  return time;
}

Tick transfer(const Path& path, uint64_t bytes) {
  auto left = static_cast<double>(bytes);
  double window = kInitialWindow;
  const auto rtt = static_cast<double>(path.rtt);
  double time = 0;
  // As long as the window is sent before its first acknowledgement is back, the sender waits.
  while (left > window && window * path.ns_per_byte < rtt) {
    left -= window;
    time += rtt;
    window *= 2;
  }
  return static_cast<Tick>(time + left * path.ns_per_byte);
}

}  // namespace atl::lab
