#pragma once

#include <cstdint>

namespace atl::http {

// With which status, and why, a request is refused. `reason` is static text for people.
struct Refusal {
  uint16_t status = 400;
  const char* reason = "";
};

}  // namespace atl::http
