#pragma once

#include "control-plane/fleet/node.h"
#include "control-plane/fleet/purge.h"
#include "proto/control.pb.h"

// Between atl.v1 messages and what the fleet works with; lengths are bounded here. Pure. Private to
// control-plane/fleet.

namespace atl::control {

NodeHello from_proto(v1::Hello& hello);
NodeHealth from_proto(v1::Health& health);
NodeStatistics from_proto(const v1::Statistics& statistics);
v1::Purge to_proto(const Purge& purge);

}  // namespace atl::control
