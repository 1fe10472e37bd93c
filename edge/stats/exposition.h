#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/store.h"
#include "edge/disk/tier.h"
#include "edge/fetch/origin_book.h"
#include "edge/stats/counters.h"
#include "edge/stats/node_statistics.h"
#include "lib/net/tls/handshake_failure.h"

namespace atl::edge {

// What one scrape is made of. Its members are wanted, all of them: a figure left out reads as 0.
struct MetricsSource {
  std::vector<const Counters*> counters;  // one per worker
  cache::Store::Statistics store;
  std::optional<disk::Tier::Statistics> disk;  // nullopt: no disk tier
  uint64_t flights = 0;
  uint64_t retained_bytes = 0;
  uint64_t connections = 0;
  uint64_t connections_accepted = 0;
  uint64_t connections_timed_out = 0;
  uint64_t requests_in_flight = 0;
  net::TlsStatistics tls;
  uint64_t access_dropped = 0;
  uint64_t routes_version = 0;
  bool serving = false;
  std::vector<OriginReport> origins;
};
// Prometheus text format.
std::string write_metrics(const MetricsSource& source);

struct StatusSource {
  std::string_view pop;
  std::string_view node;
  std::chrono::milliseconds uptime{0};
  uint64_t routes_version = 0;
  uint64_t workers = 0;
  uint64_t cache_capacity = 0;
  NodeStatistics statistics;
  NodeHealth health;
};
// JSON for people and scripts.
std::string write_status(const StatusSource& source);

}  // namespace atl::edge
