#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

using PolicyMaker = std::function<std::unique_ptr<EvictionPolicy>()>;

// What policy_maker() knows (docs/eviction.md).
std::span<const std::string_view> policy_names();
// Makes the policies of one store, one for each shard; null for any other name. Those made by one
// maker belong together: they may share what they know.
PolicyMaker policy_maker(std::string_view name, PolicySpace space);
// The same policies, in which only what is asked for a second time is stored (SecondRequest).
PolicyMaker with_second_request(PolicyMaker maker, PolicySpace space);

}  // namespace atl::cache
