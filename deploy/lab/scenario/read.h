#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/lab/scenario/scenario.h"

namespace atl::lab {

// Every problem of a scenario file at once, each "file:line:column: sentence".
using ScenarioProblems = std::vector<std::string>;

// Files that the scenario names are found from its own folder. Blocking.
std::expected<Scenario, ScenarioProblems> read_scenario(const std::string& path);
// `name` stands for the file's path in problems; `folder` is where the files it names are.
std::expected<Scenario, ScenarioProblems> read_scenario_text(const std::string& name,
                                                             std::string_view text,
                                                             const std::string& folder);

}  // namespace atl::lab
