#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "edge/frontend/line_buffer.h"

namespace atl::edge {

// Why a request went to the origin (RFC 9211 section 2.2).
enum class Forward : uint8_t {
  Hit,       // it did not: answered with what is stored
  Refused,   // it did not: answered by this node itself
  Bypass,    // the behaviour does not cache
  Method,    // the method's answers are not cached
  Miss,      // nothing usable is stored
  VaryMiss,  // what is stored or being fetched is another variant
  Request,   // the request's own directives
  Stale,     // what is stored is stale
  Partial,   // of what is stored, not everything that was asked for is there
};
std::string_view to_string(Forward forward);

// This node's member of Cache-Status (RFC 9211). Texts are tokens: letters, digits, "-".
struct CacheStatus {
  Forward forward = Forward::Hit;
  uint16_t forward_status = 0;  // 0: no answer from the origin
  bool stored = false;
  bool collapsed = false;
  std::optional<std::chrono::seconds> ttl;  // negative: stale for so long
  std::string_view detail;
};

// "Cache-Status: atoll-fra; hit; ttl=37\r\n". Does not allocate.
void add_cache_status(LineBuffer& out, std::string_view name, const CacheStatus& status);
// "Age: 3\r\n"
void add_age(LineBuffer& out, std::chrono::seconds age);

}  // namespace atl::edge
