#pragma once

#include <string_view>

#include "deploy/lab/report/report.h"

namespace atl::lab {

// What an edge's answer was for its client, from its status and its member of Cache-Status
// (RFC 9211): "atoll-fra; hit; ttl=37", "atoll-fra; fwd=stale; fwd-status=304; ttl=60". Stale is
// what was used past its lifetime, at once or because the origin failed; everything else that was
// forwarded waited.
Served served_of(int status, std::string_view cache_status);

}  // namespace atl::lab
