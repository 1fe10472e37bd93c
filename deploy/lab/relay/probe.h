#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy/lab/relay/relay.h"
#include "lib/net/loop.h"

namespace atl::lab {

// What a program sees through the relay that sends a byte to another one and waits for it to come
// back, in milliseconds. Medians.
struct Probed {
  double rtt_ms = 0;
  double connected_ms = 0;  // from connecting to the first byte that came back: with handshakes
};

// So many connections at once on each way, and pings on each, one after another.
struct ProbePlan {
  int connections = 5;
  int pings = 3;
};

// Of each way, all at the same time, without jitter and losses; nullopt where nothing comes back.
// `host`: the address to use. Runs the loop for some `pings` + 3 round trips of the longest way.
// Loop thread.
std::vector<std::optional<Probed>> probe(net::Loop& loop, Relay& relay, const std::string& host,
                                         const std::vector<RelayLink>& links,
                                         const ProbePlan& plan = {});

}  // namespace atl::lab
