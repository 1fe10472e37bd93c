#pragma once

#include "control-plane/config/config.h"
#include "lib/config/reader.h"

namespace atl::control {

// [control.trust], and whether fleet_listen may be as it is. Problems are the reader's to report.
TrustConfig read_trust(config::Section control, const std::string& fleet_listen);

}  // namespace atl::control
