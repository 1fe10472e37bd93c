#include "deploy/cli/lab/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "deploy/cli/text.h"
#include "deploy/lab/scenario/read.h"

namespace atl::cli {
namespace {

namespace fs = std::filesystem;

Outcome<std::vector<std::string>> files_of(const std::string& folder) {
  std::error_code problem;
  std::vector<std::string> found;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (at->path().extension() == ".toml") found.push_back(at->path().string());
  }
  if (problem) return std::unexpected(fmt::format("{}: {}", folder, problem.message()));
  std::ranges::sort(found);
  return found;
}

std::string runs_of(const lab::Scenario& scenario) {
  if (scenario.runs.size() > 3) return fmt::format("{} runs", scenario.runs.size());
  std::string names;
  for (const lab::RunSpec& run : scenario.runs) names += (names.empty() ? "" : ", ") + run.id;
  return names;
}

}  // namespace

std::string scenario_path(const std::string& name, const std::string& folder) {
  std::error_code ignored;
  const bool plain = name.find('/') == std::string::npos && !name.ends_with(".toml");
  if (!plain || fs::is_regular_file(name, ignored)) return name;
  return fmt::format("{}/{}.toml", folder, name);
}

int run_list(const std::string& folder) {
  const auto files = files_of(folder);
  if (!files) {
    fmt::print(stderr, "atoll-cli lab list: {}\n", files.error());
    return 2;
  }
  std::vector<std::vector<std::string>> rows{{"scenario", "title", "runs"}};
  int exit_code = 0;
  for (const std::string& file : *files) {
    const auto scenario = lab::read_scenario(file);
    if (!scenario) {
      for (const std::string& problem : scenario.error()) fmt::print(stderr, "{}\n", problem);
      exit_code = 2;
      continue;
    }
    rows.push_back(
        {printable(scenario->name, 60), printable(scenario->title, 100), runs_of(*scenario)});
  }
  fmt::print("{}", table(rows, "lll"));
  return std::fflush(stdout) == 0 ? exit_code : 1;
}

}  // namespace atl::cli
