#pragma once

#include <string>

#include "deploy/cli/command.h"
#include "deploy/cli/json_view.h"

namespace atl::cli {

// drain, activate and disable of `pops`.
void add_orders(CLI::App& pops, Run& run);

// One line about a PoP after an order: its state and why. Pure.
std::string order_text(const JsonValue& pop);
// Whether the PoP is where "drain", "activate" or "disable" leads. Pure.
bool obeyed(const JsonValue& pop, const std::string& verb);

}  // namespace atl::cli
