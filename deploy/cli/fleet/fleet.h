#pragma once

#include <string>

#include "deploy/cli/command.h"
#include "deploy/cli/json_view.h"

// What the fleet is and does: pops, route, stats.

namespace atl::cli {

void add_pops(CLI::App& app, Run& run);
void add_route(CLI::App& app, Run& run);
void add_stats(CLI::App& app, Run& run);

// Answers of /v1/pops, /v1/route and /v1/series, for people. Pure.
std::string pops_text(const JsonValue& answer);
std::string route_text(const JsonValue& answer);
std::string stats_text(const JsonValue& answer);

}  // namespace atl::cli
