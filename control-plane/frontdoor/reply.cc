#include "control-plane/frontdoor/reply.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/http/status.h"

namespace atl::control {

Reply json_reply(const nlohmann::ordered_json& json, uint16_t status) {
  return {status,
          json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          "application/json",
          {}};
}

Reply error_reply(uint16_t status, std::string_view sentence) {
  const nlohmann::json json{{"error", sentence}};
  Reply reply{status,
              json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
              "application/json",
              {}};
  reply.problem = sentence;
  return reply;
}

Reply denial_reply(const Denial& denial) {
  Reply reply = error_reply(denial.status, denial.sentence);
  if (!denial.challenge.empty()) {
    reply.extra = fmt::format("WWW-Authenticate: {}\r\n", denial.challenge);
  }
  reply.unrecorded = !denial.report;
  if (denial.status == 429) reply.extra += "Retry-After: 60\r\n";
  return reply;
}

void send(server::Responder& responder, Reply reply, http::DateTime now, bool bodiless) {
  const std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n{}",
      reply.status, http::reason_phrase(reply.status), http::format_date(now), reply.type,
      reply.extra);
  auto body = std::make_unique<std::string>(std::move(reply.body));
  const std::string_view head_piece = head;
  const std::string_view body_piece = *body;
  responder.respond({&head_piece, 1}, {&body_piece, 1},
                    {.length = body_piece.size(), .bodiless = bodiless}, hold(std::move(body)));
}

}  // namespace atl::control
