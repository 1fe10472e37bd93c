#include "deploy/cli/purge/purge.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "deploy/cli/text.h"
#include "lib/base/duration.h"

namespace atl::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{5};
constexpr std::chrono::milliseconds kLongestPause{200};

int complain(const std::string& problem, int code) { return cli::complain("purge", problem, code); }

std::string name_of(const JsonValue& node) {
  return text_at(node, "pop") + "/" + text_at(node, "node");
}

// Prints what is new in each answer about a purge.
class Watch {
 public:
  Watch(bool quiet, bool soft) : quiet_(quiet), soft_(soft) {}

  void see(const JsonValue& progress) {
    for (const JsonValue& node : list_at(progress, "nodes")) {
      if (!true_at(node, "acknowledged") || !seen_.insert(name_of(node)).second || quiet_) continue;
      fmt::print("{}\n", ack_line(node, soft_));
      std::fflush(stdout);
    }
  }

 private:
  std::set<std::string> seen_;
  const bool quiet_;
  const bool soft_;
};

// The last answer about the purge: done, or as it was when the time was over.
Outcome<JsonValue> follow(const Api& api, const std::string& path, Watch& watch,
                          Clock::time_point deadline) {
  auto pause = kFirstPause;
  for (;;) {
    auto progress = api.get(path);
    if (!progress) return progress;
    watch.see(*progress);
    if (true_at(*progress, "done") || Clock::now() >= deadline) return progress;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

int wait_for(const Api& api, const PurgeCommand& command, const std::string& path) {
  const auto deadline = Clock::now() + *parse_duration(command.timeout);
  Watch watch(command.common.json, command.soft);
  const auto progress = follow(api, path, watch, deadline);
  if (!progress) return complain(progress.error(), 1);
  const std::string missing = missing_nodes(*progress);
  if (command.common.json) {
    fmt::print("{}\n", progress->dump(2));
  } else if (missing.empty()) {
    fmt::print("Acknowledged by all {} nodes\n", list_at(*progress, "nodes").size());
  }
  if (std::fflush(stdout) != 0) return complain("cannot write what became of it", 1);
  if (missing.empty()) return 0;
  return complain(
      fmt::format("not acknowledged within {}: {}; nodes that are away do it before they "
                  "serve again",
                  command.timeout, missing),
      1);
}

std::string check_duration(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::string{} : std::string(duration.error().detail);
}

}  // namespace

std::string purge_body(const PurgeCommand& command) {
  JsonValue json;
  if (command.kind == "everything") {
    json["everything"] = true;
  } else {
    json[command.kind] = command.value;
  }
  if (command.soft) json["soft"] = true;
  return json.dump(-1, ' ', false, JsonValue::error_handler_t::replace);
}

std::string ack_line(const JsonValue& node, bool soft) {
  const uint64_t objects = number_at(node, "objects");
  return fmt::format("{:<16} {} {} object{} after {} ({} at the node)", name_of(node),
                     soft ? "marked" : "removed", grouped(objects), objects == 1 ? "" : "s",
                     duration_text(number_at(node, "after_us")),
                     duration_text(number_at(node, "duration_us")));
}

std::string missing_nodes(const JsonValue& progress) {
  std::string missing;
  for (const JsonValue& node : list_at(progress, "nodes")) {
    if (true_at(node, "acknowledged")) continue;
    missing += (missing.empty() ? "" : " ") + name_of(node);
  }
  return missing;
}

int run_purge(const PurgeCommand& command) {
  const auto api = Api::open(command.common.access);
  if (!api) return complain(api.error(), 2);
  const auto answer = api->ask("POST", "/v1/purge", purge_body(command));
  if (!answer) return complain(answer.error(), 1);
  if (answer->status != 202) return complain(problem_of(*answer), answer->status < 500 ? 2 : 1);
  const JsonValue started = JsonValue::parse(answer->body, nullptr, false);
  const uint64_t number = number_at(started, "number");
  if (number == 0) return complain("the control plane did not number the purge", 1);
  if (!command.common.json) fmt::print("Purge {} is on its way\n", number);
  if (command.wait) return wait_for(*api, command, fmt::format("/v1/purges/{}", number));
  if (command.common.json) fmt::print("{}\n", started.dump(2));
  return std::fflush(stdout) == 0 ? 0 : complain("cannot write its number", 1);
}

void add_purge(CLI::App& app, Run& run) {
  auto command = std::make_shared<PurgeCommand>();
  CLI::App& sub = *app.add_subcommand("purge", "Make every PoP forget something");
  auto& what = *sub.add_option_group("what", "One of:");
  what.require_option(1);
  const auto add = [&](const char* option, const char* kind, const char* about) {
    what.add_option_function<std::string>(
        option,
        [command, kind](const std::string& value) {
          command->kind = kind;
          command->value = value;
        },
        about);
  };
  add("--url", "url", "An absolute URL, in every variant");
  add("--prefix", "prefix", "Everything below an absolute URL that ends in *");
  add("--host", "host", "Everything of a host name");
  add("--tag", "tag", "Everything with this Surrogate-Key or Cache-Tag");
  what.add_flag_callback("--all", [command] { command->kind = "everything"; }, "Everything");
  sub.add_flag("--soft", command->soft, "Mark stale in place of removing");
  auto* wait = sub.add_flag("--wait", command->wait,
                            "Print each node's acknowledgement, and fail if "
                            "one is missing");
  sub.add_option("--timeout", command->timeout, "How long to wait")
      ->check(check_duration)
      ->needs(wait)
      ->capture_default_str();
  add_common(sub, command->common);
  sub.callback([&run, command] { run = [command] { return run_purge(*command); }; });
}

}  // namespace atl::cli
