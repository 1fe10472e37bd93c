#pragma once

#include <string>

namespace CLI {
class App;
}

namespace atl::control {

// `atoll-control node token|revoke --config FILE`: for whoever may write into the state directory,
// beside a running control plane or without one. A running one sees a revocation within a second.
struct NodeCommand {
  enum class What { Nothing, Token, Revoke };
  What what = What::Nothing;
  std::string kind = "edge";  // or "origin"
  std::string pop;            // of an edge
  std::string node = "0";     // of an edge
  std::string name;           // of an origin
  std::string life = "1h";    // of a token
};

// `config` is what the option of the whole program goes into; it may follow the command too.
void add_node_command(CLI::App& app, NodeCommand& command, std::string& config);

// Returns the exit status. A token goes to standard output, alone; the rest to standard error.
int run_node_command(const std::string& config, const NodeCommand& command);

}  // namespace atl::control
