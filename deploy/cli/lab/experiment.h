#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "deploy/lab/report/report.h"

namespace atl::cli {

struct ExperimentCommand {
  std::string scenario;  // a path, or a name in the folder of scenarios
  std::string folder;    // of scenarios
  std::string out;       // folder of the report; empty: .atoll/lab/NAME
  std::string version;   // of this program, for the report
  std::optional<uint64_t> seed;
  double scale = 1;      // in (0, 1]
  bool live = false;     // with the real programs, in real time
  std::string programs;  // live: the folder where they are
  bool json = false;
  bool quiet = false;  // no progress
};

// Plays a scenario, shows progress on standard error, writes the report into the folder and its
// summary, or with `json` report.json itself, to standard output. Returns the exit code: 0, 1 when
// something cannot be written or a program fails, 2 when the scenario is unusable or cannot be
// played live, 130 when a signal ended a live run; nothing is written then.
int run_experiment(const ExperimentCommand& command);

// What people read on the terminal.
std::string experiment_summary(const lab::Report& report);

}  // namespace atl::cli
