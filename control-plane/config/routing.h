#pragma once

#include "control-plane/config/check.h"
#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// [routing], [distribution.routing] and what a [[pop]] says about who is sent to it. Private to
// control-plane/config.

namespace atl::control {

void read_pop_routing(config::Section& section, PopConfig& pop);

// After the PoPs are read. What names no PoP, contradicts itself or could never have an effect is a
// problem.
RoutingConfig read_routing(config::Reader& reader, Parts& parts);

}  // namespace atl::control
