#pragma once

#include <expected>
#include <set>
#include <string>

#include "lib/base/clock.h"

namespace atl::control {

// Revokes all nodes of every PoP that was in `pops` at the last call, of this process or one
// before, and is not any more; then remembers `pops`. Returns those that were revoked. `directory`:
// the authority's. Durable before it returns. The error is a sentence; the next call does what is
// left.
std::expected<std::set<std::string>, std::string> revoke_removed_pops(
    const std::string& directory, const std::set<std::string>& pops, WallTime now);

}  // namespace atl::control
