#pragma once

#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// [distribution.behaviour.request_headers] and response_headers. Private to control-plane/config.

namespace atl::control {

HeaderEdits read_request_headers(config::Section section);
HeaderEdits read_response_headers(config::Section section);

}  // namespace atl::control
