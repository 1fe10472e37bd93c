#pragma once

#include <cstdint>
#include <string_view>

namespace atl::edge {

// Why no exchange with an origin may begin now. The later ones say more of a group of origins.
enum class Refusal : uint8_t {
  None,
  Unhealthy,    // it failed its health checks
  BreakerOpen,  // it failed requests
  Busy,         // as many exchanges as it may have are under way
};
// A token, as in Cache-Status' detail.
std::string_view to_string(Refusal refusal);

}  // namespace atl::edge
