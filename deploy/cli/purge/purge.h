#pragma once

#include <chrono>
#include <string>

#include "deploy/cli/command.h"
#include "deploy/cli/json_view.h"

namespace atl::cli {

struct PurgeCommand {
  Common common;
  std::string kind;   // as the API calls it: "url", "prefix", "host", "tag", "everything"
  std::string value;  // empty for everything
  bool soft = false;
  bool wait = false;
  std::string timeout = "30s";
};

void add_purge(CLI::App& app, Run& run);

// Body of POST /v1/purge.
std::string purge_body(const PurgeCommand& command);

// One node of a purge's progress, as a line: "fra/0  removed 12 objects after 3.2 ms".
std::string ack_line(const JsonValue& node, bool soft);
// Nodes that have not acknowledged, "fra/0 syd/0"; empty when all have.
std::string missing_nodes(const JsonValue& progress);

// Purges; with `wait` prints each node's acknowledgement as it comes. Exit code: 0 durable, or with
// `wait` acknowledged by every node; 1 not so; 2 makes no sense.
int run_purge(const PurgeCommand& command);

}  // namespace atl::cli
