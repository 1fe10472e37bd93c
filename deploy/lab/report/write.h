#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/lab/report/report.h"
#include "lib/base/outcome.h"

namespace atl::lab {

// report.json, regions.csv, pops.csv, timeline.csv and latency.csv into the folder, which is made
// if it is not there. Blocking. Returns their names; errors name the file.
Outcome<std::vector<std::string>> write_report(const Report& report, const std::string& folder);

}  // namespace atl::lab
