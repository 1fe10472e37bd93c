#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "deploy/cli/access/access.h"
#include "deploy/cli/command.h"
#include "deploy/cli/completion.h"
#include "deploy/cli/fleet/fleet.h"
#include "deploy/cli/lab/catalogue.h"
#include "deploy/cli/lab/comparison.h"
#include "deploy/cli/lab/experiment.h"
#include "deploy/cli/policies/policies.h"
#include "deploy/cli/purge/purge.h"
#include "deploy/cli/replay/replay.h"
#include "deploy/cli/status.h"
#include "deploy/cli/top/top.h"
#include "lib/base/duration.h"

namespace atl::cli {
namespace {

constexpr unsigned kMostConcurrency = 10'000;

// Reading a trace and making requests shares the machine with the cluster under test: half of the
// cores, at most four.
unsigned default_threads() { return std::clamp(std::thread::hardware_concurrency() / 2, 1U, 4U); }

std::string check_duration(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::string{} : std::string(duration.error().detail);
}

// "--wait 30" is what everybody types first: a bare number is seconds.
std::string with_unit(const std::string& text) {
  const bool bare = text.find_first_not_of("0123456789") == std::string::npos;
  return bare ? text + "s" : text;
}

// A Host field value (RFC 9110 section 7.2) without anything that could end the line.
std::string check_host(const std::string& text) {
  const bool clean = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-._:[]") == std::string::npos;
  return clean ? std::string{} : "not a host name";
}

struct Arguments {
  ReplayCommand replay;
  std::string stall = "30s";
  StatusCommand status;
  std::string wait = "0s";
  PoliciesCommand policies;
  ExperimentCommand experiment;
  ComparisonCommand comparison;
  std::string scenarios = kScenarioFolder;
};

void add_replay(CLI::App& app, Arguments& arguments) {
  ReplayCommand& c = arguments.replay;
  CLI::App& sub = *app.add_subcommand("replay", "Drive a request trace through a running cluster");
  sub.add_option(
         "FILE", c.file,
         "CSV with a header naming object and size (optional: range_start, range_end), plain or "
         "zstd-compressed")
      ->required();
  auto* control = add_control(sub, c.access, "Control plane that routes the clients");
  sub.add_option("--pop", c.pops, "Send to this PoP instead of asking: NAME=HOST:PORT; repeatable")
      ->allow_extra_args(false)
      ->excludes(control);
  sub.add_option("--clients", c.client_file,
                 "File with one client IP address per line; default: sixteen countries");
  sub.add_option("--host", c.options.host, "Host of the requests")
      ->check(check_host)
      ->capture_default_str();
  sub.add_option("--concurrency", c.options.concurrency, "Requests in flight")
      ->check(CLI::Range(1U, kMostConcurrency))
      ->capture_default_str();
  sub.add_option("--threads", c.options.threads, "Threads that make requests")
      ->check(CLI::Range(1U, 64U))
      ->default_val(default_threads());
  sub.add_option("--limit", c.options.limit, "Stop after this many rows")
      ->check(CLI::PositiveNumber);
  sub.add_option("--scale", c.options.scale, "Multiply object sizes by this")
      ->check(CLI::Range(1e-9, 1e9))
      ->capture_default_str();
  sub.add_option("--seed", c.options.seed, "Another seed sends rows from other clients")
      ->capture_default_str();
  sub.add_option("--timeout", arguments.stall, "No byte for this long is an error")
      ->check(check_duration)
      ->capture_default_str();
  sub.add_flag("--verify", c.options.verify, "Compare every byte with what the object must hold");
  sub.add_flag("--json", c.json, "Report as JSON");
  sub.add_flag("--quiet", c.quiet, "No progress");
}

void add_status(CLI::App& app, Arguments& arguments) {
  StatusCommand& c = arguments.status;
  CLI::App& sub = *app.add_subcommand("status", "Show the cluster as the control plane sees it");
  add_control(sub, c.access, "Control plane to ask");
  sub.add_option("--wait", arguments.wait,
                 "Wait up to this long until every PoP is ready; fail if it is not")
      ->transform(with_unit)
      ->check(check_duration);
  sub.add_flag("--json", c.json, "The control plane's own JSON");
}

// Shards are told apart by leading bits of a hash.
std::string check_shards(const std::string& text) {
  static const std::set<std::string> kAllowed = {"1",  "2",  "4",   "8",  "16",
                                                 "32", "64", "128", "256"};
  return kAllowed.contains(text) ? std::string{} : "not a power of two up to 256";
}

void add_experiments(CLI::App& lab, Arguments& arguments) {
  ExperimentCommand& c = arguments.experiment;
  CLI::App& play = *lab.add_subcommand("run", "Play a scenario and write its report");
  play.add_option("SCENARIO", c.scenario, "A file (docs/lab.md), or a name that `list` shows")
      ->required();
  play.add_option("--out", c.out, "Folder of the report; default: .atoll/lab/NAME");
  play.add_option("--seed", c.seed, "In place of the scenario's");
  play.add_option("--scale", c.scale, "Play it at this share of its size")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  play.add_flag("--live", c.live, "With the real programs, through a relay, in real time");
  play.add_flag("--json", c.json, "Print report.json instead of a summary");
  play.add_flag("--quiet", c.quiet, "No progress");
  ComparisonCommand& both = arguments.comparison;
  CLI::App& compare =
      *lab.add_subcommand("compare", "How one run differs from another, with 95 % intervals");
  compare.add_option("A", both.a, "Folder of a report, and :RUN if it has several")->required();
  compare.add_option("B", both.b, "The other one")->required();
  compare.add_option("--out", both.out, "Folder for compare.json and compare.html");
  compare.add_flag("--json", both.json, "As JSON");
  CLI::App& list = *lab.add_subcommand("list", "Show the scenarios there are");
  for (CLI::App* sub : {&play, &list}) {
    sub->add_option("--scenarios", arguments.scenarios, "Folder of scenarios")
        ->capture_default_str();
  }
}

int run_lab(const CLI::App& lab, Arguments& arguments) {
  arguments.experiment.folder = arguments.scenarios;
  arguments.experiment.version = ATOLL_VERSION;
  std::error_code ignored;  // without /proc the programs are looked for in the current folder
  arguments.experiment.programs =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
  if (lab.got_subcommand("run")) return run_experiment(arguments.experiment);
  if (lab.got_subcommand("compare")) return run_comparison(arguments.comparison);
  if (lab.got_subcommand("list")) return run_list(arguments.scenarios);
  return run_policies(arguments.policies);
}

void add_lab(CLI::App& app, Arguments& arguments) {
  PoliciesCommand& c = arguments.policies;
  CLI::App& lab = *app.add_subcommand("lab", "Experiments that need no cluster");
  lab.require_subcommand(1);
  add_experiments(lab, arguments);
  CLI::App& sub = *lab.add_subcommand(
      "policies", "Replay traces over the edge's eviction policies and compare their hit ratios");
  sub.add_option("FOLDER", c.folder,
                 "Traces: every *.csv and *.csv.zst in it, with a header naming object and size")
      ->required();
  sub.add_option("--policy", c.policies, "Only this one; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(lab::policy_names()));
  sub.add_option("--cache", c.caches, "Cache size as a share of all distinct bytes; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  sub.add_option("--shards", c.shards, "Shards of the cache, a power of two")
      ->check(check_shards)
      ->capture_default_str();
  sub.add_flag("--second-request", c.second_request,
               "Once it is full, the cache stores only what is asked for again");
  sub.add_option("--peers", c.peers,
                 "CSV of what others reach: trace,cache,object_hit_ratio,byte_hit_ratio");
  auto* json =
      sub.add_flag_callback("--json", [&c] { c.format = ReportFormat::Json; }, "Report as JSON");
  sub.add_flag_callback(
         "--csv", [&c] { c.format = ReportFormat::Csv; }, "Report as CSV")
      ->excludes(json);
  sub.add_flag("--quiet", c.quiet, "No progress");
}

int run(int argc, char** argv) {
  CLI::App app("Atoll's command line: drives, inspects and simulates a cluster", "atoll-cli");
  app.set_version_flag("--version", std::string("atoll-cli ") + ATOLL_VERSION);
  app.require_subcommand(1);
  Arguments arguments;
  add_replay(app, arguments);
  add_status(app, arguments);
  add_lab(app, arguments);
  Run run_command;
  add_pops(app, run_command);
  add_route(app, run_command);
  add_stats(app, run_command);
  add_top(app, run_command);
  add_purge(app, run_command);
  add_tokens(app, run_command);
  add_audit(app, run_command);
  add_completion(app, run_command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (run_command) return run_command();
  if (app.got_subcommand("lab")) return run_lab(*app.get_subcommand("lab"), arguments);
  if (app.got_subcommand("status")) {
    arguments.status.wait = *parse_duration(arguments.wait);
    return run_status(arguments.status);
  }
  arguments.replay.options.stall = *parse_duration(arguments.stall);
  return run_replay(arguments.replay);
}

}  // namespace
}  // namespace atl::cli

int main(int argc, char** argv) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    fmt::print(stderr, "atoll-cli: libcurl cannot start\n");
    return 1;
  }
  const int exit_code = atl::cli::run(argc, argv);
  curl_global_cleanup();
  return exit_code;
}
