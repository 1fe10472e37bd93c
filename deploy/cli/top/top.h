#pragma once

#include <string>

#include "deploy/cli/command.h"
#include "deploy/cli/json_view.h"

namespace atl::cli {

void add_top(CLI::App& app, Run& run);

struct ScreenSize {
  size_t width = 80;
  size_t height = 24;
};

// What the terminal shows of the last events of /v1/live, a line for each PoP, the busiest first,
// and not more lines and columns than there are. Pure.
std::string top_screen(const JsonValue& layout, const JsonValue& sample, ScreenSize size);

}  // namespace atl::cli
