#include "control-plane/frontdoor/token_api.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "control-plane/access/credentials.h"
#include "control-plane/frontdoor/query.h"
#include "control-plane/frontdoor/request_body.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kForBrowsers = "Path=/; HttpOnly; SameSite=Strict";
constexpr size_t kAuditPage = 100;

Json or_null(uint64_t seconds) { return seconds == 0 ? Json(nullptr) : Json(seconds); }

Reply token_problem(const TokenProblem& problem) {
  switch (problem.kind) {
    case TokenProblem::Kind::Invalid:
      return error_reply(400, problem.sentence);
    case TokenProblem::Kind::Exists:
      return error_reply(409, problem.sentence);
    case TokenProblem::Kind::Absent:
      return error_reply(404, problem.sentence);
    case TokenProblem::Kind::Failed:
      break;
  }
  return error_reply(500, problem.sentence);
}

Reply session_reply(const ApiContext& context, const Caller& caller) {
  constexpr std::string_view kVia[] = {"nothing", "header", "cookie"};
  return json_reply(
      {{"authentication", context.authentication == Authentication::Off ? "off" : "required"},
       {"token", caller.token.empty() ? Json(nullptr) : Json(caller.token)},
       {"role", to_string(caller.role)},
       {"via", kVia[static_cast<size_t>(caller.via)]},
       {"expires_s", or_null(caller.expires_s)}});
}

}  // namespace

Reply list_tokens(const ApiContext& context, const Call&) {
  const uint64_t now = context.guard.now_s();
  Json tokens = Json::array();
  for (const Token& token : context.guard.tokens().tokens()) {
    tokens.push_back({{"name", token.name},
                      {"role", to_string(token.role)},
                      {"created_s", token.created_s},
                      {"expires_s", or_null(token.expires_s)},
                      {"last_used_s", or_null(token.last_used_s)},
                      {"expired", expired(token, now)}});
  }
  return json_reply({{"tokens", std::move(tokens)}});
}

Reply create_token(const ApiContext& context, const Call& call) {
  const auto wish = parse_token_request(call.body);
  if (!wish) return error_reply(400, wish.error());
  const auto made =
      context.guard.tokens().create(wish->name, wish->role, wish->lifetime, context.guard.now_s());
  Reply reply = made ? json_reply({{"name", made->token.name},
                                   {"role", to_string(made->token.role)},
                                   {"expires_s", or_null(made->token.expires_s)},
                                   {"token", made->secret}},
                                  201)
                     : token_problem(made.error());
  reply.subject = fmt::format("{} ({})", wish->name, to_string(wish->role));
  return reply;
}

Reply delete_token(const ApiContext& context, const Call& call) {
  const auto removed = context.guard.tokens().remove(call.argument);
  Reply reply = removed ? json_reply({{"deleted", call.argument}}) : token_problem(removed.error());
  reply.subject = call.argument;
  return reply;
}

Reply show_session(const ApiContext& context, const Call& call) {
  return session_reply(context, call.caller);
}

Reply begin_session(const ApiContext& context, const Call& call) {
  const auto secret = parse_session_request(call.body);
  if (!secret) return error_reply(400, secret.error());
  if (context.authentication == Authentication::Off) return session_reply(context, call.caller);
  auto caller = context.guard.check(*secret, call.client);
  if (!caller) return denial_reply(caller.error());
  caller->via = Credentials::Via::Cookie;
  Reply reply = session_reply(context, *caller);
  reply.extra = fmt::format("Set-Cookie: {}={}; {}{}\r\n", kSessionCookie, *secret, kForBrowsers,
                            call.tls ? "; Secure" : "");
  reply.subject = caller->token;
  return reply;
}

Reply end_session(const ApiContext&, const Call&) {
  Reply reply = json_reply({{"ended", true}});
  reply.extra = fmt::format("Set-Cookie: {}=; Max-Age=0; {}\r\n", kSessionCookie, kForBrowsers);
  return reply;
}

Reply show_audit(const ApiContext& context, const Call& call) {
  size_t limit = kAuditPage;
  if (const auto text = parameter(call.query, "limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc{} || end != text->data() + text->size() || limit == 0 ||
        limit > AuditLog::kMostRead) {
      return error_reply(400, "limit is a number from 1 to 1000");
    }
  }
  const auto lines = context.guard.audit().latest(limit);
  if (!lines) return error_reply(500, lines.error());
  Json entries = Json::array();
  for (const std::string& line : *lines) entries.push_back(Json::parse(line, nullptr, false));
  return json_reply({{"entries", std::move(entries)}});
}

}  // namespace atl::control
