#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "deploy/lab/report/report.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/traffic.h"
#include "lib/base/outcome.h"

namespace atl::lab {

// Why a scenario cannot be played live, a sentence for each reason; empty when it can.
std::vector<std::string> not_live(const Scenario& scenario);

// Requests sent so far, about ten times a second.
using OnSent = std::function<void(uint64_t sent, uint64_t expected)>;

struct LiveSetup {
  const Scenario& scenario;
  const Traces& traces;
  uint64_t seed;
  std::string programs;  // the folder where atoll-edge, atoll-control and atoll-origin are
};

// The error of a run that was ended by a signal (SIGINT, SIGTERM, SIGHUP).
inline constexpr const char* kInterrupted = "interrupted";

// Plays one run with the real programs (Cluster) through the relay, in real time. Takes the thread
// and those signals for as long as it lasts; whatever comes of it, afterwards no program runs and
// no file is left.
Outcome<RunOutcome> play_live(const LiveSetup& setup, const RunSpec& run, const OnSent& progress);

// What the relay makes of the scenario's links: of clients to the PoP they would be sent to and to
// the origin, and of PoPs to the origin, to the control plane and to shields. Seconds of measuring.
Outcome<std::vector<LinkProof>> prove_links(const Scenario& scenario, uint64_t seed);

// What readers must know of live runs, and of these ones: where the machine was too slow for them.
std::vector<std::string> live_notes(const std::vector<RunOutcome>& runs);

}  // namespace atl::lab
