#pragma once

#include <chrono>

#include "control-plane/config/config.h"
#include "control-plane/frontdoor/endpoint.h"
#include "control-plane/frontdoor/reply.h"

// POST /v1/pops/{name}/…: what the operator wants of a PoP.

namespace atl::control {

Reply drain_pop(const ApiContext& context, const Call& call);
Reply activate_pop(const ApiContext& context, const Call& call);
Reply disable_pop(const ApiContext& context, const Call& call);

// How long clients may come to a PoP to which nobody is sent any more: what DNS let them remember.
std::chrono::milliseconds drain_grace(const Config& config);

}  // namespace atl::control
