#pragma once

#include <string>
#include <string_view>

#include "control-plane/frontdoor/api.h"
#include "control-plane/frontdoor/reply.h"
#include "control-plane/history/history.h"

// The figures of /v1/live and /v1/series as JSON; shapes are in docs/api.md.

namespace atl::control {

// Which PoPs there are and where, in one line.
std::string layout_json(const ApiView& view);
// The last closed second of every PoP and of all, in one line.
std::string sample_json(const ApiView& view, const History& history);
// GET /v1/series?window=...&pop=...
Reply series_reply(const History& history, std::string_view query);

}  // namespace atl::control
