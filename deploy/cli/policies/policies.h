#pragma once

#include <string>
#include <vector>

#include "deploy/cli/policies/report.h"

namespace atl::cli {

struct PoliciesCommand {
  std::string folder;                            // of traces
  std::string peers;                             // file of what others reach; may be empty
  std::vector<std::string> policies;             // empty: all there are
  std::vector<double> caches{0.001, 0.01, 0.1};  // shares of a trace's footprint
  unsigned shards = 1;                           // a power of two
  bool second_request = false;                   // admission
  ReportFormat format = ReportFormat::Text;
  bool quiet = false;  // no progress
};

// Replays every trace of the folder over every policy and cache size, shows progress on standard
// error and prints the table on standard output. Returns the exit code: 0, 1 when the report cannot
// be written, 2 when the input is unusable.
int run_policies(const PoliciesCommand& command);

}  // namespace atl::cli
