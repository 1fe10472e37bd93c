#pragma once

#include <string>
#include <vector>

#include "deploy/cli/api.h"
#include "deploy/cli/replay/driver.h"

namespace atl::cli {

struct ReplayCommand {
  std::string file;
  ApiAccess access;               // used when `pops` is empty
  std::vector<std::string> pops;  // "fra=127.0.1.1:8080"
  std::string client_file;        // empty: default_clients()
  ReplayOptions options;
  bool json = false;
  bool quiet = false;  // no progress
};

// Drives the trace through the PoPs, shows progress on standard error, prints the report on
// standard output. Returns the exit code: 0 when every answer was as it should be, 1 when one was
// not or the replay ended early, 2 when the input is unusable.
int run_replay(const ReplayCommand& command);

}  // namespace atl::cli
