#include "control-plane/node_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <expected>

#include "control-plane/access/audit_log.h"
#include "control-plane/authority/authority.h"
#include "control-plane/authority/revocation_file.h"
#include "control-plane/authority/token_book.h"
#include "control-plane/config/read.h"
#include "control-plane/token_command.h"
#include "control-plane/trust_state.h"
#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/trust/join_token.h"

namespace atl::control {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr std::chrono::milliseconds kLongestTokenLife = std::chrono::days{30};

int complain(std::string_view problem, int code) {
  std::fprintf(stderr, "atoll-control: %.*s\n", static_cast<int>(problem.size()), problem.data());
  return code;
}

std::expected<Config, int> read_enabled(const std::string& path) {
  auto config = read_config(path);
  if (!config) {
    for (const std::string& problem : config.error()) complain(problem, kBadUsage);
    return std::unexpected(kBadUsage);
  }
  if (!config->fixed.trust.enabled) {
    return std::unexpected(complain(
        path + ": there is no authority: write enabled = true in [control.trust]", kBadUsage));
  }
  return *std::move(config);
}

std::expected<trust::Identity, std::string> to_identity(const NodeCommand& who) {
  if (who.kind == "origin") {
    if (!who.pop.empty()) return std::unexpected("--pop is of an edge: an origin has --name");
    if (!trust::is_name(who.name)) return std::unexpected("--name: which origin?");
    return trust::Identity{.kind = trust::Kind::Origin, .pop = {}, .name = who.name};
  }
  if (!who.name.empty()) {
    return std::unexpected("--name is of an origin: an edge has --pop and --node");
  }
  if (!trust::is_name(who.pop)) return std::unexpected("--pop: which PoP?");
  if (!trust::is_name(who.node)) return std::unexpected("--node: that is no name of a node");
  return trust::Identity{.kind = trust::Kind::Edge, .pop = who.pop, .name = who.node};
}

bool has_pop(const Config& config, const std::string& id) {
  return std::ranges::any_of(config.pops, [&](const PopConfig& pop) { return pop.id == id; });
}

std::string check_life(const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) return duration.error().detail;
  if (duration->count() == 0 || *duration > kLongestTokenLife) return "not within 30 days";
  return {};
}

// An empty text: nothing to print.
std::expected<std::string, std::string> carry_out(const NodeCommand& command,
                                                  const trust::Identity& who,
                                                  const std::string& directory, WallTime now) {
  if (command.what == NodeCommand::What::Revoke) {
    auto revoked = revoke(directory, trust::to_uri(who), now);
    if (!revoked) return std::unexpected(revoked.error());
    return std::string();
  }
  const auto authority = Authority::open(directory, now);
  if (!authority) return std::unexpected(authority.error());
  const auto secret = TokenBook(tokens_of(directory)).make(who, *parse_duration(command.life), now);
  if (!secret) return std::unexpected(secret.error());
  return trust::to_text({*secret, (*authority)->fingerprint()});
}

}  // namespace

void add_node_command(CLI::App& app, NodeCommand& command, std::string& config) {
  CLI::App& node =
      *app.add_subcommand("node", "Who may join over mutual TLS, and who no more (docs/trust.md)");
  node.require_subcommand(1);
  const auto add = [&](const char* name, const char* about, NodeCommand::What what) {
    CLI::App* sub = node.add_subcommand(name, about);
    sub->add_option("--config", config, "Configuration file, which names the state directory");
    sub->add_option("--kind", command.kind, "edge or origin")
        ->check(CLI::IsMember({"edge", "origin"}))
        ->capture_default_str();
    sub->add_option("--pop", command.pop, "PoP of the edge");
    sub->add_option("--node", command.node, "Name of the edge within its PoP")
        ->capture_default_str();
    sub->add_option("--name", command.name, "Name of the origin");
    sub->callback([&command, what] { command.what = what; });
    return sub;
  };
  add("token", "Print a token with which it gets its certificate, once", NodeCommand::What::Token)
      ->add_option("--life", command.life, "How long the token may be used, such as 1h")
      ->check(check_life)
      ->capture_default_str();
  add("revoke", "Refuse every certificate that it has, and every token made for it",
      NodeCommand::What::Revoke);
}

int run_node_command(const std::string& config_path, const NodeCommand& command) {
  const auto config = read_enabled(config_path);
  if (!config) return config.error();
  const auto who = to_identity(command);
  if (!who) return complain(who.error(), kBadUsage);
  const bool token = command.what == NodeCommand::What::Token;
  // One that was removed can still be revoked.
  if (token && who->kind == trust::Kind::Edge && !has_pop(*config, who->pop)) {
    return complain(fmt::format("{}: there is no PoP \"{}\"", config_path, who->pop), kBadUsage);
  }
  const WallTime now = SystemClock().wall();
  const auto done = carry_out(command, *who, authority_directory(config->fixed), now);
  AuditEntry entry;
  entry.time_ms = static_cast<uint64_t>(now.time_since_epoch().count());
  entry.action = token ? "create-join-token" : "revoke-node";
  entry.subject = trust::to_uri(*who);
  if (!done) entry.reason = done.error();
  const auto written = AuditLog(config->fixed.state_dir + "/" + kAuditFile).append(entry);
  if (!written) complain("audit log: " + written.error(), kFailed);
  if (!done) return complain(done.error(), kFailed);
  if (!token) {
    std::fprintf(stderr, "%s: every certificate it has is revoked\n", entry.subject.c_str());
    return 0;
  }
  std::fprintf(stderr, "For %s, once, within %s; keep it from others until it is used:\n",
               entry.subject.c_str(), command.life.c_str());
  std::printf("%s\n", done->c_str());
  return std::fflush(stdout) == 0 ? 0 : complain("cannot write the token", kFailed);
}

}  // namespace atl::control
