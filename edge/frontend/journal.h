#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "edge/stats/access_log.h"
#include "edge/stats/counters.h"
#include "lib/base/clock.h"
#include "lib/http/request_head.h"
#include "lib/server/exchange.h"

namespace atl::edge {

// A request and where its answer goes, as long as its exchange lasts.
struct Exchange {
  const http::RequestHead& head;
  server::Responder& responder;
  bool peer = false;  // another edge asks: it applies the behaviour's rules itself
};

// What a client was sent.
struct Sent {
  uint16_t status = 0;
  uint64_t bytes = 0;  // of the body
};

// How one request ended, for the counters and the access log. `reason` is the token that
// Cache-Status gave.
struct Account {
  Outcome outcome = Outcome::Miss;
  Sent sent;
  bool from_cache = false;  // the body was stored before the request came
  std::chrono::nanoseconds ttfb{0};
  std::string_view reason;
  bool aborted = false;
};

// Counts and logs every request once, when its answer is known to its last byte. Loop thread.
class Journal {
 public:
  Journal(Counters& counters, AccessRing* access) : counters_(counters), access_(access) {}

  void write(const Exchange& exchange, const Account& account, WallTime now);

 private:
  Counters& counters_;
  AccessRing* access_;
};

}  // namespace atl::edge
