#pragma once

#include <string>

#include "deploy/lab/report/report.h"

namespace atl::lab {

// The report as tables for spreadsheets and plotting programs, each with a header line. Identifiers
// are plain words, so nothing needs quoting.
std::string regions_csv(const Report& report);   // a line for each run and region
std::string pops_csv(const Report& report);      // a line for each run and PoP
std::string timeline_csv(const Report& report);  // a line for each run and slice of time
std::string latency_csv(const Report& report);   // distributions by run and region

}  // namespace atl::lab
