#pragma once

#include <functional>
#include <string>

#include "deploy/cli/api.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace atl::cli {

// What the command line asked for: set by the subcommand that was parsed; returns the exit status:
// 0 done, 1 not done, 2 it makes no sense.
using Run = std::function<int()>;

// --control (or ATOLL_API), --json, and ATOLL_TOKEN: what every command that asks a control plane
// has.
struct Common {
  ApiAccess access;
  bool json = false;
};
void add_common(CLI::App& sub, Common& common);
// Without --json.
CLI::Option* add_control(CLI::App& sub, ApiAccess& access, const char* about);

// "atoll-cli NAME: problem" on standard error.
int complain(const char* name, const std::string& problem, int code);
// On standard output, whole; 1 if that cannot be written.
int print(const char* name, const std::string& text);

// GET `path` and print it: as it came with --json, else as `view` shows it.
int show(const char* name, const Common& common, const std::string& path,
         const std::function<std::string(const nlohmann::ordered_json&)>& view);

}  // namespace atl::cli
