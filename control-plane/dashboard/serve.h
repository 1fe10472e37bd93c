#pragma once

#include <span>
#include <string_view>

#include "control-plane/dashboard/asset.h"
#include "lib/http/date.h"
#include "lib/http/request_head.h"
#include "lib/server/exchange.h"

namespace atl::control {

// Whether the path is the web application's: "/", "/dashboard" and what is below it.
bool is_dashboard(std::string_view path);

// Answers a request for such a path, GET and HEAD: 200 or 304 with the asset, 308 from "/dashboard"
// to
// "/", 404 with a sentence. `assets` outlives the responder. Loop thread.
void serve_dashboard(std::span<const Asset> assets, const http::RequestHead& head,
                     std::string_view path, http::DateTime now, server::Responder& responder);

}  // namespace atl::control
