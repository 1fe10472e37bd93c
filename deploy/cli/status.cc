#include "deploy/cli/status.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "deploy/cli/json_view.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

constexpr std::chrono::milliseconds kAskAgain{100};

// Ratio of answers that came from the cache, of all that could have.
std::string hits_of(const JsonValue& statistics) {
  const uint64_t hits = number_at(statistics, "hits") + number_at(statistics, "stale");
  const uint64_t all = hits + number_at(statistics, "revalidated") +
                       number_at(statistics, "misses") + number_at(statistics, "collapsed") +
                       number_at(statistics, "bypassed");
  return all == 0 ? "-" : percent(static_cast<double>(hits) / static_cast<double>(all));
}

class View {
 public:
  explicit View(const JsonValue& status) : version_(number_at(status, "snapshot_version")) {
    for (const JsonValue& pop : list_at(status, "pops")) add_pop(pop);
    if (rows_.size() == 1) ready_ = false;
    const std::string problem = text_of_problem(status);
    text_ = table(rows_, "lllll") + fmt::format("\nConfiguration {}{}\n", version_, problem);
    text_ += ready_ ? "Ready\n" : "Not ready\n";
  }
  StatusView take() && { return {ready_, std::move(text_)}; }

 private:
  static std::string text_of_problem(const JsonValue& status) {
    const auto found = status.find("configuration_problem");
    if (found == status.end() || !found->is_string() || found->get<std::string>().empty())
      return {};
    return " in force; the last reload was refused: " + printable(found->get<std::string>(), 2000);
  }

  void add_pop(const JsonValue& pop) {
    const std::string id = text_at(pop, "id");
    const std::string state = text_at(pop, "state");
    // What the operator took out of service is not waited for.
    const bool out = state == "draining" || state == "admin-down";
    if (state != "active" && !out) ready_ = false;
    const JsonValue& nodes = list_at(pop, "nodes");
    if (nodes.empty()) {
      if (!out) ready_ = false;
      rows_.push_back({id, text_at(pop, "city"), "", joined(list_at(pop, "endpoints")), state});
    }
    for (const JsonValue& node : nodes) add_node(pop, node, out);
  }

  void add_node(const JsonValue& pop, const JsonValue& node, bool out) {
    const uint64_t version = number_at(node, "snapshot_version");
    const std::string refused = text_at(node, "snapshot_refused");
    const bool current = version == version_ && refused.empty();
    if (!out && (!current || text_at(node, "state") != "active")) ready_ = false;
    const auto found = node.find("statistics");
    const JsonValue statistics =
        found != node.end() && found->is_object() ? *found : JsonValue::object();
    rows_.push_back(
        {text_at(pop, "id"), text_at(pop, "city"), text_at(node, "node"),
         joined(list_at(node, "endpoints")), text_at(out ? pop : node, "state"),
         std::to_string(version) + (refused.empty() ? "" : " refused"),
         grouped(number_at(statistics, "requests")), hits_of(statistics),
         grouped(number_at(statistics, "cache_objects")),
         fmt::format("{:.1f}", static_cast<double>(number_at(statistics, "cache_bytes")) / 1e6)});
  }

  uint64_t version_;
  bool ready_ = true;
  std::vector<std::vector<std::string>> rows_{{"pop", "city", "node", "address", "state", "config",
                                               "requests", "hits", "objects", "MB cached"}};
  std::string text_;
};

int complain(const std::string& problem, int exit_code) {
  fmt::print(stderr, "atoll-cli status: {}\n", problem);
  return exit_code;
}

struct Answer {
  std::string body;
  StatusView view;
};

Outcome<Answer> ask(const Api& api) {
  auto answer = api.ask("GET", "/v1/status");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(problem_of(*answer));
  auto view = view_status(answer->body);
  if (!view) return std::unexpected(fmt::format("{}: {}", api.base(), view.error()));
  return Answer{std::move(answer->body), *std::move(view)};
}

}  // namespace

Outcome<StatusView> view_status(const std::string& body) {
  const JsonValue status = JsonValue::parse(body, nullptr, false);
  if (!status.is_object() || !status.contains("pops")) {
    return std::unexpected("the answer is not the status of a control plane");
  }
  return View(status).take();
}

int run_status(const StatusCommand& command) {
  const auto api = Api::open(command.access);
  if (!api) return complain(api.error(), 2);
  const auto deadline = std::chrono::steady_clock::now() + command.wait;
  auto answer = ask(*api);
  while (!(answer && answer->view.ready) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kAskAgain);
    answer = ask(*api);
  }
  if (!answer) return complain(answer.error(), 1);
  fmt::print("{}", command.json ? answer->body : answer->view.text);
  if (std::fflush(stdout) != 0) return complain("cannot write the status", 1);
  return answer->view.ready ? 0 : 1;
}

}  // namespace atl::cli
