#pragma once

#include <string_view>

#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// [api]. Private to control-plane/config.

namespace atl::control {

// `listen`: of [control]. Others than this machine can reach it: then tokens are required, or it is
// said that they are not.
ApiConfig read_api(config::Section section, std::string_view listen);

}  // namespace atl::control
