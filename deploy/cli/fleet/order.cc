#include "deploy/cli/fleet/order.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "deploy/cli/text.h"
#include "lib/base/duration.h"

namespace atl::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{100};
constexpr size_t kLongestReason = 300;

struct OrderCommand {
  Common common;
  std::string verb;
  std::string pop;
  std::string grace;     // empty: the control plane's default
  std::string deadline;  // likewise
  bool force = false;
  bool wait = false;
  std::string timeout = "5m";
};

std::string path_of(const OrderCommand& command) {
  std::string query;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, encoded(value));
  };
  add("grace", command.grace);
  add("deadline", command.deadline);
  add("force", command.force ? "true" : "");
  return fmt::format("/v1/pops/{}/{}{}", encoded(command.pop), command.verb, query);
}

JsonValue find_pop(const JsonValue& answer, const std::string& id) {
  for (const JsonValue& pop : list_at(answer, "pops")) {
    if (text_at(pop, "id") == id) return pop;
  }
  return JsonValue::object();
}

// The PoP when it is done, or as it was when the time was over. Says what becomes of it.
Outcome<JsonValue> follow(const Api& api, const OrderCommand& command, JsonValue pop) {
  const auto deadline = Clock::now() + *parse_duration(command.timeout);
  std::string said = order_text(pop);
  while (!obeyed(pop, command.verb) && Clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);
    const auto answer = api.get("/v1/pops");
    if (!answer) return std::unexpected(answer.error());
    pop = find_pop(*answer, command.pop);
    if (const std::string now = order_text(pop); !command.common.json && now != said) {
      said = now;
      fmt::print("{}", now);
      std::fflush(stdout);
    }
  }
  return pop;
}

int run_order(const OrderCommand& command) {
  const auto api = Api::open(command.common.access);
  if (!api) return complain("pops", api.error(), 2);
  const auto answer = api->ask("POST", path_of(command));
  if (!answer) return complain("pops", answer.error(), 1);
  if (answer->status != 200) {
    return complain("pops", problem_of(*answer), answer->status < 500 ? 2 : 1);
  }
  JsonValue pop = JsonValue::parse(answer->body, nullptr, false);
  if (!command.common.json) fmt::print("{}", order_text(pop));
  if (command.wait) {
    auto followed = follow(*api, command, std::move(pop));
    if (!followed) return complain("pops", followed.error(), 1);
    pop = *std::move(followed);
  }
  if (command.common.json) fmt::print("{}\n", pop.dump(2));
  if (std::fflush(stdout) != 0) return complain("pops", "cannot write what became of it", 1);
  if (!command.wait || obeyed(pop, command.verb)) return 0;
  return complain("pops",
                  fmt::format("{} is {} after {}; the order stands", command.pop,
                              text_at(pop, "state"), command.timeout),
                  1);
}

std::string check_duration(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::string{} : std::string(duration.error().detail);
}

void add_order(CLI::App& pops, Run& run, const char* verb, const char* about) {
  auto command = std::make_shared<OrderCommand>();
  command->verb = verb;
  CLI::App& sub = *pops.add_subcommand(verb, about);
  sub.add_option("NAME", command->pop, "The PoP's id")->required();
  if (command->verb == "drain") {
    sub.add_option("--grace", command->grace,
                   "How long clients that know its address are still accepted; default: as long as "
                   "DNS answers may be remembered")
        ->check(check_duration);
    sub.add_option("--deadline", command->deadline,
                   "Cut off what is in flight so long after that; default: nothing is")
        ->check(check_duration);
  }
  if (command->verb != "activate") {
    sub.add_flag("--force", command->force, "Even if no other PoP takes requests");
  }
  auto* wait =
      sub.add_flag("--wait", command->wait, "Wait until it is done, and fail if it is not");
  sub.add_option("--timeout", command->timeout, "How long to wait")
      ->check(check_duration)
      ->needs(wait)
      ->capture_default_str();
  add_common(sub, command->common);
  sub.callback([&run, command] { run = [command] { return run_order(*command); }; });
}

}  // namespace

std::string order_text(const JsonValue& pop) {
  const std::string reason = printable(
      pop.contains("reason") && pop["reason"].is_string() ? pop["reason"].get<std::string>() : "",
      kLongestReason);
  return fmt::format("{} is {}{}{}\n", text_at(pop, "id"), text_at(pop, "state"),
                     reason.empty() ? "" : ": ", reason);
}

bool obeyed(const JsonValue& pop, const std::string& verb) {
  return text_at(pop, "state") == (verb == "activate" ? "active" : "admin-down");
}

void add_orders(CLI::App& pops, Run& run) {
  add_order(pops, run, "drain",
            "Send nobody to a PoP any more, and have it finish what is in flight");
  add_order(pops, run, "activate", "Take a PoP back into service");
  add_order(pops, run, "disable", "Send nobody to a PoP any more; its nodes are left alone");
}

}  // namespace atl::cli
