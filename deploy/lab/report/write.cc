#include "deploy/lab/report/write.h"

#include <utility>

#include "deploy/lab/page/page.h"
#include "deploy/lab/report/csv.h"
#include "deploy/lab/report/json.h"
#include "lib/base/durable_file.h"

namespace atl::lab {
namespace {

Outcome<void> write(const std::string& folder, const std::string& name, const std::string& text,
                    Written& written) {
  if (const auto done = replace_file(folder + "/" + name, text); !done) {
    return std::unexpected(done.error());
  }
  written.files.push_back(name);
  return {};
}

}  // namespace

Outcome<Written> write_page(const std::string& json, const std::string& folder,
                            const std::string& name) {
  if (const auto made = make_directory(folder); !made) return std::unexpected(made.error());
  Written written;
  if (const auto done = write(folder, name + ".json", json, written); !done) {
    return std::unexpected(done.error());
  }
  const auto page = page_with(json);
  if (!page) {
    written.missing = page.error().detail;
    return written;
  }
  if (const auto done = write(folder, name + ".html", *page, written); !done) {
    return std::unexpected(done.error());
  }
  return written;
}

Outcome<Written> write_report(const Report& report, const std::string& folder) {
  auto written = write_page(report_json(report), folder, "report");
  if (!written) return written;
  const std::pair<const char*, std::string> tables[] = {{"regions.csv", regions_csv(report)},
                                                        {"pops.csv", pops_csv(report)},
                                                        {"timeline.csv", timeline_csv(report)},
                                                        {"latency.csv", latency_csv(report)}};
  for (const auto& [name, text] : tables) {
    if (const auto done = write(folder, name, text, *written); !done) {
      return std::unexpected(done.error());
    }
  }
  return written;
}

}  // namespace atl::lab
