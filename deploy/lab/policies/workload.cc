#include "deploy/lab/policies/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace atl::lab {
namespace {

namespace fs = std::filesystem;

bool is_trace(const std::string& name) {
  return name.ends_with(".csv") || name.ends_with(".csv.zst");
}

std::string stem(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  return name.substr(0, name.find(".csv"));
}

}  // namespace

Workload make_workload(std::string name, const std::vector<trace::TraceRow>& rows) {
  Workload workload{.name = std::move(name)};
  workload.requests.reserve(rows.size());
  std::unordered_map<uint64_t, uint32_t> indices;
  for (const trace::TraceRow& row : rows) {
    const auto next = static_cast<uint32_t>(workload.sizes.size());
    const auto [at, fresh] = indices.emplace(row.object, next);
    if (fresh) workload.sizes.push_back(1);
    uint64_t& size = workload.sizes[at->second];
    size = std::max(size, row.size);
    workload.requests.push_back(at->second);
  }
  const auto is_unit = [](uint64_t size) { return size == 1; };
  if (std::ranges::all_of(workload.sizes, is_unit)) std::ranges::fill(workload.sizes, kUnitBytes);
  workload.footprint = std::accumulate(workload.sizes.begin(), workload.sizes.end(), uint64_t{0});
  return workload;
}

Outcome<Workload> load_workload(const std::string& path) {
  auto reader = trace::TraceReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  std::vector<trace::TraceRow> rows;
  for (;;) {
    auto row = reader->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    rows.push_back(**row);
    if (rows.size() == UINT32_MAX) return std::unexpected(fmt::format("{}: too long", path));
  }
  if (rows.empty()) return std::unexpected(fmt::format("{}: no requests in it", path));
  return make_workload(stem(path), rows);
}

Outcome<std::vector<std::string>> find_traces(const std::string& folder) {
  std::error_code problem;
  std::vector<std::string> found;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (is_trace(at->path().filename().string())) found.push_back(at->path().string());
  }
  if (problem) return std::unexpected(fmt::format("{}: {}", folder, problem.message()));
  if (found.empty()) {
    return std::unexpected(fmt::format("{}: holds no *.csv and no *.csv.zst", folder));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace atl::lab
