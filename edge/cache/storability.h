#pragma once

#include <cstdint>
#include <string_view>

#include "edge/cache/cache_control.h"
#include "edge/cache/freshness.h"
#include "edge/cache/view.h"

namespace atl::cache {

// Why a response is or is not stored. Each has one name, for Cache-Status' detail and the log.
enum class StoreReason : uint8_t {
  Explicit,        // explicit freshness (RFC 9111 section 3, last rule)
  Heuristic,       // a status that may be kept without explicit freshness
  Validator,       // kept only to be revalidated
  Method,          // only GET, and POST as RFC 9110 section 9.3.3 allows
  Interim,         // 1xx
  Partial,         // 206: never stored as a complete response
  NotModified,     // 304 updates, it is not stored
  ContentRange,    // a complete status with a range of bytes: the origin lies about one of them
  Status,          // neither explicit freshness nor a status that is cacheable without
  NotUnderstood,   // must-understand with a status whose caching rules we do not know
  RequestNoStore,  // section 5.2.1.5
  NoStore,         // section 5.2.2.5
  Private,         // section 5.2.2.7
  Authorization,   // section 3.5
  VaryStar,        // section 4.1
  VaryTooLarge,    // more selecting fields than the store keys by
  SetCookie,       // Set-Cookie without explicit freshness
  NothingToReuse,  // it would be stale at once and cannot be revalidated
  TooLarge,        // Content-Length above the behaviour's max_object
  NoRoom,          // no memory to prepare it in; said by the caller
};

struct StoreDecision {
  bool store = false;
  StoreReason reason = StoreReason::Status;
};

// RFC 9111 section 3 for a shared cache, in full. Decides from heads alone; that the body is
// complete (section 3.3) and within bounds is the caller's to see to. Choices where the RFC leaves
// one:
//   - Set-Cookie forbids nothing (section 7.3), but a response that carries it is shared only when
//   it
//     has explicit freshness or `public`: a default or heuristic lifetime was not meant for it.
//   - A HEAD response is not stored; it may refresh a stored GET (see validation.h).
//   - POST is stored when it has explicit freshness and its Content-Location is the target URI;
//   that
//     needs RequestView's target.
//   - A status of Policy::ttl_by_status is stored without explicit freshness.
StoreDecision may_store(const RequestView& request, const ResponseView& response,
                        const Policy& policy);

// Whether an answer that was not stored shows that what is stored for its key is out of date, so
// that it must not stand in for a later answer either (section 4.3.3: a full response means that
// none of the stored ones is suitable). Not so when the reason is in the request or in its user,
// and not when the origin refused or failed.
bool supersedes_stored(uint16_t status, StoreReason reason);

// Whether Policy::ttl_by_status may name the status: some are never stored, whatever anybody says.
bool may_have_ttl(unsigned status);

std::string_view to_string(StoreReason reason);

}  // namespace atl::cache
