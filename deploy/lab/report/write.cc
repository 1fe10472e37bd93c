#include "deploy/lab/report/write.h"

#include <utility>

#include "deploy/lab/report/csv.h"
#include "deploy/lab/report/json.h"
#include "lib/base/durable_file.h"

namespace atl::lab {

Outcome<std::vector<std::string>> write_report(const Report& report, const std::string& folder) {
  if (const auto made = make_directory(folder); !made) return std::unexpected(made.error());
  const std::pair<const char*, std::string> files[] = {{"report.json", report_json(report)},
                                                       {"regions.csv", regions_csv(report)},
                                                       {"pops.csv", pops_csv(report)},
                                                       {"timeline.csv", timeline_csv(report)},
                                                       {"latency.csv", latency_csv(report)}};
  std::vector<std::string> names;
  for (const auto& [name, text] : files) {
    if (const auto written = replace_file(folder + "/" + name, text); !written) {
      return std::unexpected(written.error());
    }
    names.emplace_back(name);
  }
  return names;
}

}  // namespace atl::lab
