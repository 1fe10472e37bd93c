#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// What make_policy() knows (docs/eviction.md).
std::span<const std::string_view> policy_names();
// Null for any other name.
std::unique_ptr<EvictionPolicy> make_policy(std::string_view name);

}  // namespace atl::cache
