#pragma once

#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// [distribution.behaviour.compression]. Private to control-plane/config.

namespace atl::control {

Compression read_compression(config::Section section);

}  // namespace atl::control
