#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deploy/lab/policies/replay.h"
#include "lib/base/outcome.h"

namespace atl::cli {

enum class ReportFormat { Text, Json, Csv };

struct PolicyRun {
  std::string trace;
  double cache = 0;  // share of the footprint
  std::string policy;
  lab::Replayed result;
};

// The best that another cache reaches in a cell: by requests, and by bytes (perhaps not the same
// one).
struct Peer {
  double object_hit_ratio = 0;
  std::optional<double> byte_hit_ratio;
};

// By trace and cache size in millionths of the footprint, so that 0.1 % is found however it is
// written.
using Peers = std::map<std::pair<std::string, long>, Peer>;

// CSV with the header "trace,cache,object_hit_ratio,byte_hit_ratio" and one line for each cell; the
// last column may be empty. Errors name the line.
Outcome<Peers> parse_peers(std::string_view text);

struct PolicyReport {
  std::vector<std::string> policies;  // columns
  std::vector<PolicyRun> runs;        // those of one cell follow one another, in that order
  Peers peers;
};

std::string report_policies(const PolicyReport& report, ReportFormat format);

}  // namespace atl::cli
