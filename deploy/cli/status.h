#pragma once

#include <chrono>
#include <string>

#include "deploy/cli/api.h"
#include "lib/base/outcome.h"

namespace atl::cli {

struct StatusCommand {
  ApiAccess access;
  std::chrono::milliseconds wait{0};
  bool json = false;
};

// What GET /v1/status said, for people, and whether everything is ready: every PoP active, each
// node of it with the newest configuration.
struct StatusView {
  bool ready = false;
  std::string text;
};

// `body`: the JSON document. An error when it is not what a control plane of this version says.
Outcome<StatusView> view_status(const std::string& body);

// Prints the status once it is ready or the wait is over. Exit code: 0 ready, 1 not ready or no
// answer, 2 bad address.
int run_status(const StatusCommand& command);

}  // namespace atl::cli
