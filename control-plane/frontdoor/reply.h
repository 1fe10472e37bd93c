#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control-plane/access/guard.h"
#include "lib/http/date.h"
#include "lib/http/request_head.h"
#include "lib/server/exchange.h"

namespace atl::control {

struct Reply {
  uint16_t status = 200;
  std::string body;
  std::string_view type = "application/json";
  std::string extra;  // field lines, each ended by CRLF
  // For the audit log: what was changed, and why it was not.
  std::string subject = {};
  std::string problem = {};
  bool unrecorded = false;  // it has no line there: one of many alike that has one
};

// Indented, for people who ask with curl.
Reply json_reply(const nlohmann::ordered_json& json, uint16_t status = 200);
// {"error": sentence}
Reply error_reply(uint16_t status, std::string_view sentence);
// The same, with what a client needs to know to be let in.
Reply denial_reply(const Denial& denial);

// Whole answers, never stored by anybody. `bodiless`: the request was a HEAD.
void send(server::Responder& responder, Reply reply, http::DateTime now, bool bodiless);

}  // namespace atl::control
