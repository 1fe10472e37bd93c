#pragma once

#include "control-plane/frontdoor/api.h"

namespace atl::control {

// One page for people: every PoP, whether it lives, how much it answers and how much of that from
// its cache. Refreshes itself every two seconds; loads nothing.
Reply status_page(const ApiView& view);

}  // namespace atl::control
