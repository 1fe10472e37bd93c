#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "deploy/cli/fleet/fleet.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

struct RouteCommand {
  Common common;
  std::string ip;
  std::string host;
  std::string path;
};

std::string optional_figure(const JsonValue& object, const char* key, const char* unit) {
  return object.contains(key) ? fmt::format("{:.1f} {}", real_at(object, key), unit) : "-";
}

// 503 explains the decision too: that there is nobody.
int run_route(const RouteCommand& command) {
  const auto api = Api::open(command.common.access);
  if (!api) return complain("route", api.error(), 2);
  std::string path = "/v1/route?ip=" + encoded(command.ip);
  if (!command.host.empty()) path += "&host=" + encoded(command.host);
  if (!command.path.empty()) path += "&path=" + encoded(command.path);
  const auto answer = api->ask("GET", path);
  if (!answer) return complain("route", answer.error(), 1);
  const JsonValue json = JsonValue::parse(answer->body, nullptr, false);
  const bool explained = json.is_object() && json.contains("candidates");
  if (!explained) return complain("route", problem_of(*answer), answer->status < 500 ? 2 : 1);
  const int printed = print("route", command.common.json ? json.dump(2) + "\n" : route_text(json));
  return printed != 0 || answer->status != 200 ? 1 : 0;
}

}  // namespace

std::string route_text(const JsonValue& answer) {
  std::string text = fmt::format("{}: {}\n", text_at(answer, "client"),
                                 answer.contains("explanation") && answer["explanation"].is_string()
                                     ? printable(answer["explanation"].get<std::string>(), 500)
                                     : "");
  if (const std::string location = text_at(answer, "location"); !location.empty()) {
    text += fmt::format("Sent to {} (for all of {}; reason: {})\n", location,
                        text_at(answer, "client_prefix"), text_at(answer, "reason"));
  }
  std::vector<std::vector<std::string>> rows{{"pop", "city", "state", "distance", "round trip"}};
  for (const JsonValue& one : list_at(answer, "candidates")) {
    rows.push_back({text_at(one, "pop") + (true_at(one, "pinned") ? " (pinned)" : ""),
                    text_at(one, "city"), text_at(one, "state"),
                    optional_figure(one, "distance_km", "km"),
                    optional_figure(one, "rtt_ms", "ms")});
  }
  return text + "\n" + table(rows, "lll");
}

void add_route(CLI::App& app, Run& run) {
  auto command = std::make_shared<RouteCommand>();
  CLI::App& sub = *app.add_subcommand("route", "Which PoP a client is sent to, and why");
  sub.add_option("IP", command->ip, "The client's address")->required();
  sub.add_option("--host", command->host, "The host it asks for");
  sub.add_option("--path", command->path, "The path it asks for");
  add_common(sub, command->common);
  sub.callback([&run, command] { run = [command] { return run_route(*command); }; });
}

}  // namespace atl::cli
