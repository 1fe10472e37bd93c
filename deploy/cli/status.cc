#include "deploy/cli/status.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "deploy/cli/http_get.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kTimeout{5};
constexpr std::chrono::milliseconds kAskAgain{100};
constexpr size_t kLongestCell = 64;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return printable(found->get_ref<const std::string&>(), kLongestCell);
}

uint64_t number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

// The member `key` when it is an array, else an empty one.
const Json& list_at(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::string endpoints_of(const Json& object) {
  std::string joined;
  for (const Json& endpoint : list_at(object, "endpoints")) {
    if (!endpoint.is_string()) continue;
    joined += (joined.empty() ? "" : " ") + printable(endpoint.get<std::string>(), kLongestCell);
  }
  return joined;
}

// Ratio of answers that came from the cache, of all that could have.
std::string hits_of(const Json& statistics) {
  const uint64_t hits = number_at(statistics, "hits") + number_at(statistics, "stale");
  const uint64_t all = hits + number_at(statistics, "revalidated") +
                       number_at(statistics, "misses") + number_at(statistics, "collapsed") +
                       number_at(statistics, "bypassed");
  return all == 0 ? "-" : percent(static_cast<double>(hits) / static_cast<double>(all));
}

class View {
 public:
  explicit View(const Json& status) : version_(number_at(status, "snapshot_version")) {
    for (const Json& pop : list_at(status, "pops")) add_pop(pop);
    if (rows_.size() == 1) ready_ = false;
    const std::string problem = text_of_problem(status);
    text_ = table(rows_, "lllll") + fmt::format("\nConfiguration {}{}\n", version_, problem);
    text_ += ready_ ? "Ready\n" : "Not ready\n";
  }
  StatusView take() && { return {ready_, std::move(text_)}; }

 private:
  static std::string text_of_problem(const Json& status) {
    const auto found = status.find("configuration_problem");
    if (found == status.end() || !found->is_string() || found->get<std::string>().empty())
      return {};
    return " in force; the last reload was refused: " + printable(found->get<std::string>(), 2000);
  }

  void add_pop(const Json& pop) {
    const std::string id = text_at(pop, "id");
    const std::string state = text_at(pop, "state");
    if (state != "active") ready_ = false;
    const Json& nodes = list_at(pop, "nodes");
    if (nodes.empty()) {
      ready_ = false;
      rows_.push_back({id, text_at(pop, "city"), "", endpoints_of(pop), state});
    }
    for (const Json& node : nodes) add_node(pop, node);
  }

  void add_node(const Json& pop, const Json& node) {
    const uint64_t version = number_at(node, "snapshot_version");
    const std::string refused = text_at(node, "snapshot_refused");
    if (version != version_ || !refused.empty() || text_at(node, "state") != "active")
      ready_ = false;
    const auto found = node.find("statistics");
    const Json statistics = found != node.end() && found->is_object() ? *found : Json::object();
    rows_.push_back(
        {text_at(pop, "id"), text_at(pop, "city"), text_at(node, "node"), endpoints_of(node),
         text_at(node, "state"), std::to_string(version) + (refused.empty() ? "" : " refused"),
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

Outcome<Answer> ask(const std::string& base) {
  const std::string url = base + "/v1/status";
  auto answer = http_get(url, kTimeout);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return std::unexpected(fmt::format("{} answered with status {}", url, answer->status));
  }
  auto view = view_status(answer->body);
  if (!view) return std::unexpected(fmt::format("{}: {}", url, view.error()));
  return Answer{std::move(answer->body), *std::move(view)};
}

}  // namespace

Outcome<StatusView> view_status(const std::string& body) {
  const Json status = Json::parse(body, nullptr, false);
  if (!status.is_object() || !status.contains("pops")) {
    return std::unexpected("the answer is not the status of a control plane");
  }
  return View(status).take();
}

int run_status(const StatusCommand& command) {
  const auto base = parse_base_url(command.control);
  if (!base) return complain(base.error(), 2);
  const auto deadline = std::chrono::steady_clock::now() + command.wait;
  auto answer = ask(*base);
  while (!(answer && answer->view.ready) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kAskAgain);
    answer = ask(*base);
  }
  if (!answer) return complain(answer.error(), 1);
  fmt::print("{}", command.json ? answer->body : answer->view.text);
  if (std::fflush(stdout) != 0) return complain("cannot write the status", 1);
  return answer->view.ready ? 0 : 1;
}

}  // namespace atl::cli
