#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "deploy/cli/access/access.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

struct TokenChange {
  Common common;
  std::string name;
  std::string role;
  std::string expires_in;
};

std::string date_at(const JsonValue& object, const char* key) {
  const uint64_t seconds = number_at(object, key);
  if (seconds == 0 || seconds > 253'402'300'799) return "never";  // the end of the year 9999
  return fmt::format("{:%Y-%m-%d %H:%M}Z", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// Answers of 4xx are the user's to mend.
int failed(const ApiAnswer& answer) {
  return complain("tokens", problem_of(answer), answer.status < 500 ? 2 : 1);
}

int create(const TokenChange& command) {
  const auto api = Api::open(command.common.access);
  if (!api) return complain("tokens", api.error(), 2);
  JsonValue body{{"name", command.name}, {"role", command.role}};
  if (!command.expires_in.empty()) body["expires_in"] = command.expires_in;
  const auto answer = api->ask("POST", "/v1/tokens",
                               body.dump(-1, ' ', false, JsonValue::error_handler_t::replace));
  if (!answer) return complain("tokens", answer.error(), 1);
  if (answer->status != 201) return failed(*answer);
  if (command.common.json) return print("tokens", answer->body);
  return print("tokens", text_at(JsonValue::parse(answer->body, nullptr, false), "token") + "\n");
}

int remove(const TokenChange& command) {
  const auto api = Api::open(command.common.access);
  if (!api) return complain("tokens", api.error(), 2);
  const auto answer = api->ask("DELETE", "/v1/tokens/" + encoded(command.name));
  if (!answer) return complain("tokens", answer.error(), 1);
  if (answer->status != 200) return failed(*answer);
  return print("tokens", command.common.json ? answer->body : "deleted " + command.name + "\n");
}

}  // namespace

std::string tokens_text(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows{{"name", "role", "created", "expires", "last used"}};
  for (const JsonValue& token : list_at(answer, "tokens")) {
    rows.push_back({text_at(token, "name"), text_at(token, "role"), date_at(token, "created_s"),
                    true_at(token, "expired") ? "expired" : date_at(token, "expires_s"),
                    date_at(token, "last_used_s")});
  }
  return table(rows, "lllll");
}

void add_tokens(CLI::App& app, Run& run) {
  CLI::App& tokens = *app.add_subcommand("tokens", "Who may call the API (docs/access.md)");
  tokens.require_subcommand(1);
  auto command = std::make_shared<TokenChange>();
  CLI::App& list = *tokens.add_subcommand("list", "The tokens there are, without secrets");
  add_common(list, command->common);
  list.callback([&run, command] {
    run = [command] { return show("tokens", command->common, "/v1/tokens", tokens_text); };
  });
  CLI::App& make = *tokens.add_subcommand("create", "Make a token; prints its secret, once");
  make.add_option("--name", command->name, "What it is called")->required();
  make.add_option("--role", command->role, "viewer, operator or admin")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "admin"}));
  make.add_option("--expires", command->expires_in, "After how long, such as 30d; default: never");
  add_common(make, command->common);
  make.callback([&run, command] { run = [command] { return create(*command); }; });
  CLI::App& drop = *tokens.add_subcommand("delete", "Delete a token");
  drop.add_option("NAME", command->name, "Its name")->required();
  add_common(drop, command->common);
  drop.callback([&run, command] { run = [command] { return remove(*command); }; });
}

}  // namespace atl::cli
