#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "control-plane/frontdoor/api.h"
#include "control-plane/frontdoor/dns_feed.h"
#include "control-plane/geo/choice.h"
#include "lib/base/metrics.h"

namespace atl::control {

// What the front door counts. Loop thread.
struct FrontDoorCounters {
  // Redirects by PoP and by why it was chosen.
  std::map<std::pair<std::string, geo::Reason>, uint64_t> redirects;
  uint64_t unroutable = 0;    // answered 503: no PoP takes requests
  uint64_t forbidden = 0;     // answered 403: not for the client's country
  uint64_t unknown_host = 0;  // answered 421
  uint64_t api_requests = 0;
  uint64_t refused = 0;  // by the server itself: malformed, too large, too slow
};

// Prometheus text format. `dns`: null without a [dns].
std::string metrics_text(const ApiView& view, const FrontDoorCounters& counters,
                         const DnsFeed* dns);

// The part of the DNS server.
void dns_metrics(MetricsText& out, const DnsFeed& dns);

}  // namespace atl::control
