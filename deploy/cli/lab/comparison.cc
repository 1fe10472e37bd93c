#include "deploy/cli/lab/comparison.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "deploy/cli/text.h"
#include "deploy/lab/report/compare.h"
#include "deploy/lab/report/write.h"
#include "lib/base/durable_file.h"

namespace atl::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestReport = size_t{256} << 20;

// Path and run. A path with a colon in it is a path.
std::pair<std::string, std::string> split(const std::string& text) {
  std::error_code ignored;
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || fs::exists(text, ignored)) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Outcome<lab::Measured> measured(const std::string& argument) {
  auto [path, run] = split(argument);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) path += "/report.json";
  const auto text = read_file(path, kLargestReport);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::unexpected(path + ": is not there");
  auto result = lab::read_measured(**text, run);
  if (!result) return std::unexpected(path + ": " + result.error());
  return result;
}

std::string value_text(const lab::Difference& row, double value) {
  return row.figure.ends_with("_ms") ? fmt::format("{:.1f}", value) : fmt::format("{:.4f}", value);
}

}  // namespace

int run_comparison(const ComparisonCommand& command) {
  const auto a = measured(command.a);
  const auto b = measured(command.b);
  for (const auto* side : {&a, &b}) {
    if (*side) continue;
    fmt::print(stderr, "atoll-cli lab compare: {}\n", side->error());
    return 2;
  }
  const std::vector<lab::Difference> rows = lab::compare(*a, *b);
  const std::string json = lab::comparison_json(*a, *b, rows);
  if (!command.out.empty()) {
    const auto written = lab::write_page(json, command.out, "compare");
    if (!written || !written->missing.empty()) {
      fmt::print(stderr, "atoll-cli lab compare: {}\n",
                 written ? written->missing : written.error());
    }
    if (!written) return 1;
  }
  if (command.json) {
    fmt::print("{}", json);
  } else {
    std::vector<std::vector<std::string>> lines{{"region", "figure", printable(a->name, 40),
                                                 printable(b->name, 40), "difference",
                                                 "95 % interval"}};
    for (const lab::Difference& row : rows) {
      lines.push_back(
          {printable(row.region, 40), row.figure, value_text(row, row.a), value_text(row, row.b),
           value_text(row, row.difference),
           fmt::format("{} .. {}", value_text(row, row.low), value_text(row, row.high))});
    }
    fmt::print("{}", table(lines, "ll"));
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace atl::cli
