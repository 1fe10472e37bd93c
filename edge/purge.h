#pragma once

#include "edge/node.h"
#include "edge/shared.h"

namespace atl::edge {

// Carries a purge out: what is being fetched is kept from being stored first, then the store is
// cleared of what was. Any thread. Invalid when `spec` makes no sense.
Result<PurgeOutcome> carry_out(const PurgeSpec& spec, const RouteTable* routes, Shared& shared);

}  // namespace atl::edge
