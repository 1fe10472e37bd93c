#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/lab/report/report.h"
#include "lib/base/outcome.h"

namespace atl::lab {

struct Written {
  std::vector<std::string> files;
  std::string missing;  // not empty: a sentence about what this program cannot write
};

// report.json, regions.csv, pops.csv, timeline.csv, latency.csv and report.html into the folder,
// which is made if it is not there. Blocking. Errors name the file.
Outcome<Written> write_report(const Report& report, const std::string& folder);
// NAME.json and NAME.html alike.
Outcome<Written> write_page(const std::string& json, const std::string& folder,
                            const std::string& name);

}  // namespace atl::lab
