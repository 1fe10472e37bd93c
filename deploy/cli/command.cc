#include "deploy/cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace atl::cli {

CLI::Option* add_control(CLI::App& sub, ApiAccess& access, const char* about) {
  // Not CLI11's way, for which an environment is as good as an option that was written.
  if (const char* control = std::getenv("ATOLL_API")) access.control = control;
  if (const char* token = std::getenv("ATOLL_TOKEN")) access.token = token;
  sub.footer("ATOLL_API names another control plane, ATOLL_TOKEN has the token if it wants one.");
  return sub.add_option("--control", access.control, about)->capture_default_str();
}

void add_common(CLI::App& sub, Common& common) {
  add_control(sub, common.access, "Control plane to ask");
  sub.add_flag("--json", common.json, "The control plane's own JSON");
}

int complain(const char* name, const std::string& problem, int code) {
  fmt::print(stderr, "atoll-cli {}: {}\n", name, problem);
  return code;
}

int print(const char* name, const std::string& text) {
  fmt::print("{}", text);
  return std::fflush(stdout) == 0 ? 0 : complain(name, "cannot write the answer", 1);
}

int show(const char* name, const Common& common, const std::string& path,
         const std::function<std::string(const nlohmann::ordered_json&)>& view) {
  const auto api = Api::open(common.access);
  if (!api) return complain(name, api.error(), 2);
  const auto answer = api->get(path);
  if (!answer) return complain(name, answer.error(), 1);
  return print(name, common.json ? answer->dump(2) + "\n" : view(*answer));
}

}  // namespace atl::cli
