#pragma once

#include <string>

namespace CLI {
class App;
}

namespace atl::control {

// In the state directory.
inline constexpr const char* kTokensFile = "tokens";
inline constexpr const char* kAuditFile = "audit.jsonl";

// `atoll-control --config FILE token create|list|delete`: for whoever may write into the state
// directory, so that there can be a first token. A running control plane sees the change at once.
struct TokenCommand {
  enum class What { Nothing, Create, List, Delete };
  What what = What::Nothing;
  std::string name;
  std::string role;
  std::string expires_in;  // empty: never
};

// `config` is what the option of the whole program goes into; it may follow the command too.
void add_token_command(CLI::App& app, TokenCommand& command, std::string& config);

// Returns the exit status. The secret goes to standard output, alone; the rest to standard error.
int run_token_command(const std::string& config, const TokenCommand& command);

}  // namespace atl::control
