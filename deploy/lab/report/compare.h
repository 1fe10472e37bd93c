#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/outcome.h"

namespace atl::lab {

// One run of a report.json, as far as comparing needs it.
struct Measured {
  struct Part {
    std::string region;  // "total": everything together
    uint64_t requests = 0;
    uint64_t errors = 0;
    uint64_t from_cache = 0;  // hits and stale answers
    double mean_ms = 0;
    double p50_ms = 0;
    double p95_ms = 0;
    double p99_ms = 0;
    std::vector<std::pair<double, double>> cdf;  // ms and share, rising
  };
  std::string name;  // of the scenario and of the run
  std::vector<Part> parts;
};

// `run` may be empty when the report has one run only. An error says what is wrong with the text,
// or which runs there are.
Outcome<Measured> read_measured(std::string_view report_json, std::string_view run);

struct Difference {
  std::string region;
  std::string figure;  // "p95_ms", "hit_ratio", ...
  double a = 0;
  double b = 0;
  double difference = 0;  // b - a
  double low = 0;         // 95 % bootstrap interval of the difference
  double high = 0;
};

// Of the regions that both have, in the order of `a`. The interval is that of resampling each run's
// requests with replacement, as if they were independent: the u-quantile of n values drawn again is
// the quantile of the distribution at a share that is itself spread by sqrt(u (1 - u) / n) around u
// (Efron 1979; the spread is that of order statistics), and ratios and means likewise by theirs.
std::vector<Difference> compare(const Measured& a, const Measured& b);

// compare.json.
std::string comparison_json(const Measured& a, const Measured& b,
                            const std::vector<Difference>& rows);

}  // namespace atl::lab
