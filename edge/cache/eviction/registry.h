#pragma once

#include <memory>
#include <string_view>

#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// "lru", "s3fifo" or "gdsf" (docs/eviction.md). Null for any other name.
std::unique_ptr<EvictionPolicy> make_policy(std::string_view name);

}  // namespace atl::cache
