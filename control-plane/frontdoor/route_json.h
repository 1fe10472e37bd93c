#pragma once

#include <string_view>

#include "control-plane/frontdoor/reply.h"
#include "control-plane/frontdoor/router.h"
#include "control-plane/frontdoor/routing.h"

namespace atl::control {

// The answer of /v1/route; its shape is in docs/api.md. `host` and `path`: what the client would
// ask for; the host may be empty.
Reply route_reply(const Route& route, std::string_view host, std::string_view path);

// GET /v1/route?ip=...&host=...&path=...
Reply explain_route(const Controller& controller, Routing& routing, std::string_view query);

}  // namespace atl::control
