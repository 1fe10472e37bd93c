#pragma once

#include <expected>
#include <string>

#include "edge/node.h"
#include "edge/routing/route_table.h"
#include "edge/stats/node_statistics.h"
#include "proto/control.pb.h"

// Between atl.v1 messages and what a node works with. Pure. Private to edge/agent.

namespace atl::edge {

RouteConfig from_proto(const v1::Snapshot& snapshot);
// The error is a sentence.
std::expected<PurgeSpec, std::string> from_proto(const v1::Purge& purge);
v1::Health to_proto(const NodeHealth& health);
v1::Statistics to_proto(const NodeStatistics& statistics);

}  // namespace atl::edge
