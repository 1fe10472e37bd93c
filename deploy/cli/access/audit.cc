#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "deploy/cli/access/access.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

struct AuditCommand {
  Common common;
  unsigned limit = 20;
};

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

}  // namespace

std::string audit_text(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows{
      {"time", "token", "client", "action", "outcome", "subject or reason"}};
  for (const JsonValue& entry : list_at(answer, "entries")) {
    const std::string reason = text_at(entry, "reason");
    rows.push_back({text_at(entry, "time"), or_dash(text_at(entry, "token")),
                    or_dash(text_at(entry, "client")), text_at(entry, "action"),
                    text_at(entry, "outcome"),
                    or_dash(reason.empty() ? text_at(entry, "subject") : reason)});
  }
  return table(rows, "llllll");
}

void add_audit(CLI::App& app, Run& run) {
  auto command = std::make_shared<AuditCommand>();
  CLI::App& sub = *app.add_subcommand("audit", "Who changed what, or tried to; newest first");
  sub.add_option("--limit", command->limit, "How many entries")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  add_common(sub, command->common);
  sub.callback([&run, command] {
    run = [command] {
      return show("audit", command->common, fmt::format("/v1/audit?limit={}", command->limit),
                  audit_text);
    };
  });
}

}  // namespace atl::cli
