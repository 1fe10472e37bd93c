#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/config/config.h"

namespace atl::control {

// Everything that is wrong, each "file:line:column: sentence".
using Problems = std::vector<std::string>;

// Reads and checks the file and the subnets file it names. Paths in it are relative to its folder.
std::expected<Config, Problems> read_config(const std::string& path);

// Likewise from text, as if `path` held it; the subnets file, if one is named, holds `subnets`.
std::expected<Config, Problems> parse_config(const std::string& path, std::string_view text,
                                             std::string_view subnets = {});

}  // namespace atl::control
