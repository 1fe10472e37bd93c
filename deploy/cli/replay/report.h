#pragma once

#include <string>

#include "deploy/cli/replay/plan.h"
#include "deploy/cli/replay/tally.h"

namespace atl::cli {

// What a replay came to.
struct ReplayResult {
  const Plan& plan;
  const Tally& tally;
  double seconds = 0;
  std::string ended_early;  // why the trace was not replayed to its end; empty: it was
};

// A table per PoP with totals, then the errors by kind, for people.
std::string report_text(const ReplayResult& result);
// The same as one JSON document.
std::string report_json(const ReplayResult& result);

}  // namespace atl::cli
