#pragma once

#include <string>

namespace atl::cli {

struct ComparisonCommand {
  // A report's folder or its report.json, and behind a colon the run, which may be left out where
  // there is one only.
  std::string a;
  std::string b;
  std::string out;  // folder for compare.json and compare.html; empty: none are written
  bool json = false;
};

// Prints how the second differs from the first, with 95 % intervals; with `json` compare.json.
// Returns the exit code: 0, 1 when something cannot be written, 2 when a report is unusable.
int run_comparison(const ComparisonCommand& command);

}  // namespace atl::cli
