#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/http/date.h"
#include "lib/http/request_head.h"
#include "lib/server/exchange.h"

namespace atl::control {

struct Reply {
  uint16_t status = 200;
  std::string body;
  std::string_view type = "application/json";
  std::string extra;  // field lines, each ended by CRLF
};

// {"error": sentence}
Reply error_reply(uint16_t status, std::string_view sentence);

// Whole answers, never stored by anybody. `bodiless`: the request was a HEAD.
void send(server::Responder& responder, Reply reply, http::DateTime now, bool bodiless);

}  // namespace atl::control
