#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control-plane/controller.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/frontdoor/reply.h"

// The answers of /v1 as JSON; shapes are in docs/api.md.

namespace atl::control {

// What the answers are about.
struct ApiView {
  const Controller& controller;
  const Fleet& fleet;
  std::string_view version;  // of the program
};

Reply status_reply(const ApiView& view);
Reply pops_reply(const ApiView& view);
Reply config_reply(const ApiView& view);
Reply purge_reply(const Fleet& fleet, std::string_view number);

// Identity and place of a PoP, as /v1/pops and the live stream tell it.
nlohmann::ordered_json place_json(const PopConfig& pop);

// A PoP as /v1/pops has it.
nlohmann::ordered_json pop_json(const ApiView& view, const PopConfig& pop);

// Whether every PoP that the operator did not take out of service takes requests and every
// connected node has the present snapshot.
bool ready(const ApiView& view);

// POST /v1/purge with this body. What cannot be in any cache is not purged: hosts of no
// distribution.
Reply make_purge(const Site& site, Fleet& fleet, std::string_view body);

}  // namespace atl::control
