#pragma once

#include <string>

#include "deploy/cli/command.h"
#include "deploy/cli/json_view.h"

// Who may do what, and who did: tokens, audit.

namespace atl::cli {

void add_tokens(CLI::App& app, Run& run);
void add_audit(CLI::App& app, Run& run);

// Answers of /v1/tokens and /v1/audit, for people. Pure.
std::string tokens_text(const JsonValue& answer);
std::string audit_text(const JsonValue& answer);

}  // namespace atl::cli
