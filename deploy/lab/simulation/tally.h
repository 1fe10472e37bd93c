#pragma once

#include <cstdint>

#include "deploy/lab/report/report.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/path.h"

namespace atl::lab {

// How long the slices of a timeline are: whole seconds that people count in, at most 150 slices.
double timeline_step_s(Span duration);

// Counts what comes of requests into a RunOutcome. Nothing but the timeline before the warm-up is
// over.
class Tally {
 public:
  Tally(const Scenario& scenario, const RunSpec& run);

  struct Answer {
    Tick at = 0;  // of the request
    uint32_t cell = 0;
    uint32_t pop = 0;  // kNoPop: none
    Served served = Served::Error;
    uint64_t bytes = 0;
    Tick first = 0;     // to the first byte
    Tick complete = 0;  // to the last
  };
  static constexpr uint32_t kNoPop = UINT32_MAX;
  void record(const Answer& answer);
  void fetched(Tick at, uint64_t bytes, uint64_t count = 1);  // from the origin

  RunOutcome& outcome() { return outcome_; }

 private:
  Step& step_of(Tick at);

  size_t classes_;
  Tick warmup_;
  Tick step_;
  RunOutcome outcome_;
};

}  // namespace atl::lab
