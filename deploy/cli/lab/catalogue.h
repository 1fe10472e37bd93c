#pragma once

#include <string>
#include <vector>

#include "lib/base/outcome.h"

namespace atl::cli {

// Where the scenarios that come with Atoll are, seen from its root.
inline constexpr const char* kScenarioFolder = "deploy/lab";

// The file that `name` means: a path, or the name of a scenario in the folder.
std::string scenario_path(const std::string& name, const std::string& folder);

// Prints the scenarios of the folder, one a line, with their titles and runs. Returns the exit
// code: 0, 1 when standard output cannot be written, 2 when a scenario is unusable.
int run_list(const std::string& folder);

}  // namespace atl::cli
