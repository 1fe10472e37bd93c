#include "control-plane/token_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "control-plane/access/audit_log.h"
#include "control-plane/access/token_store.h"
#include "control-plane/config/read.h"
#include "lib/base/clock.h"
#include "lib/base/durable_file.h"
#include "lib/base/duration.h"

namespace atl::control {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

int complain(const std::string& problem, int code) {
  std::fprintf(stderr, "atoll-control: %s\n", problem.c_str());
  return code;
}

std::string date_text(uint64_t seconds, const char* never) {
  if (seconds == 0) return never;
  return fmt::format("{:%Y-%m-%d %H:%M}Z", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

void list(TokenStore& tokens, uint64_t now_s) {
  std::printf("%-24s %-9s %-17s %-17s %s\n", "name", "role", "created", "expires", "last used");
  for (const Token& token : tokens.tokens()) {
    const std::string_view role = to_string(token.role);
    std::printf("%-24s %-9.*s %-17s %-17s %s\n", token.name.c_str(), static_cast<int>(role.size()),
                role.data(), date_text(token.created_s, "-").c_str(),
                expired(token, now_s) ? "expired" : date_text(token.expires_s, "never").c_str(),
                date_text(token.last_used_s, "never").c_str());
  }
}

struct Change {
  std::string action;
  std::string subject;
  std::expected<std::string, TokenProblem> secret;  // empty text: there is none to show
};

Change change(TokenStore& tokens, const TokenCommand& command, uint64_t now_s) {
  if (command.what == TokenCommand::What::Delete) {
    auto removed = tokens.remove(command.name);
    Change made{"delete-token", command.name, std::string()};
    if (!removed) made.secret = std::unexpected(removed.error());
    return made;
  }
  std::optional<std::chrono::seconds> lifetime;
  if (!command.expires_in.empty()) {
    lifetime = std::chrono::floor<std::chrono::seconds>(*parse_duration(command.expires_in));
  }
  auto created = tokens.create(command.name, *parse_role(command.role), lifetime, now_s);
  Change made{"create-token", fmt::format("{} ({})", command.name, command.role), std::string()};
  if (created) {
    made.secret = std::move(created->secret);
  } else {
    made.secret = std::unexpected(created.error());
  }
  return made;
}

std::string check_lifetime(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::string{} : std::string(duration.error().detail);
}

}  // namespace

void add_token_command(CLI::App& app, TokenCommand& command, std::string& config) {
  CLI::App& token = *app.add_subcommand("token", "Tokens of the API, in the state directory");
  token.require_subcommand(1);
  const auto add = [&](const char* name, const char* about, TokenCommand::What what) {
    CLI::App* sub = token.add_subcommand(name, about);
    sub->add_option("--config", config, "Configuration file, which names the state directory");
    sub->callback([&command, what] { command.what = what; });
    return sub;
  };
  CLI::App* create =
      add("create", "Make a token; prints its secret, once", TokenCommand::What::Create);
  create->add_option("--role", command.role, "viewer, operator or admin")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "admin"}));
  create->add_option("--name", command.name, "What it is called in lists and in the audit log")
      ->required();
  create->add_option("--expires", command.expires_in, "After how long, such as 30d; default: never")
      ->check(check_lifetime);
  add("list", "The tokens there are, without secrets", TokenCommand::What::List);
  add("delete", "Delete a token; it lets nobody in from then on", TokenCommand::What::Delete)
      ->add_option("NAME", command.name, "Its name")
      ->required();
}

int run_token_command(const std::string& config, const TokenCommand& command) {
  const auto read = read_config(config);
  if (!read) {
    for (const std::string& problem : read.error()) complain(problem, kBadUsage);
    return kBadUsage;
  }
  const std::string& directory = read->fixed.state_dir;
  if (auto made = make_directory(directory); !made) return complain(made.error(), kFailed);
  auto tokens = TokenStore::open(directory + "/" + kTokensFile);
  if (!tokens) return complain(tokens.error(), kFailed);
  const WallTime now = SystemClock().wall();
  const auto now_s = static_cast<uint64_t>(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  if (command.what == TokenCommand::What::List) {
    list(*tokens, now_s);
    return 0;
  }
  const Change made = change(*tokens, command, now_s);
  AuditEntry entry;
  entry.time_ms = static_cast<uint64_t>(now.time_since_epoch().count());
  entry.action = made.action;
  entry.subject = made.subject;
  if (!made.secret) entry.reason = made.secret.error().sentence;
  if (auto written = AuditLog(directory + "/" + kAuditFile).append(entry); !written) {
    complain("audit log: " + written.error(), kFailed);
  }
  if (!made.secret) return complain(entry.reason, kFailed);
  if (made.secret->empty()) {
    std::fprintf(stderr, "deleted %s\n", command.name.c_str());
    return 0;
  }
  std::fprintf(stderr, "The token %s, shown this once:\n", made.subject.c_str());
  std::printf("%s\n", made.secret->c_str());
  return std::fflush(stdout) == 0 ? 0 : complain("cannot write the token", kFailed);
}

}  // namespace atl::control
