#pragma once

#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// [distribution.behaviour.cache]. Private to control-plane/config.

namespace atl::control {

CachePolicy read_cache(config::Section section);

}  // namespace atl::control
