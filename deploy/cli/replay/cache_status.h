#pragma once

#include <cstdint>
#include <string_view>

namespace atl::cli {

// How a PoP says it answered (RFC 9211).
enum class Answered : uint8_t {
  Unknown,      // no Cache-Status, or none that says anything
  Hit,          // from the cache, without asking anybody
  Revalidated,  // stored, and the origin confirmed it (fwd=stale with fwd-status=304)
  Collapsed,    // waited for the fetch of another request
  Forwarded,    // anything else: fetched
};

// Adds one field value to what earlier ones said: repeated fields and list members are one list,
// and its last member is the cache nearest to the client (RFC 9211 section 2).
Answered read_cache_status(std::string_view value, Answered before);

}  // namespace atl::cli
