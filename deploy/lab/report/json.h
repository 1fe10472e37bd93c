#pragma once

#include <string>

#include "deploy/lab/report/report.h"

namespace atl::lab {

// report.json (docs/lab.md, "The report"): ends with a newline; the same report gives the same
// bytes.
std::string report_json(const Report& report);

}  // namespace atl::lab
