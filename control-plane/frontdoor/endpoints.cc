#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "control-plane/frontdoor/docs_page.h"
#include "control-plane/frontdoor/endpoint.h"
#include "control-plane/frontdoor/live_json.h"
#include "control-plane/frontdoor/openapi.h"
#include "control-plane/frontdoor/pop_api.h"
#include "control-plane/frontdoor/route_json.h"
#include "control-plane/frontdoor/token_api.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

Reply index(const ApiContext&, const Call&) {
  Json json = Json::object();
  for (const Endpoint& endpoint : endpoints()) {
    json[std::string(endpoint.id)] =
        std::string(to_string(endpoint.method)) + " " + std::string(endpoint.path);
  }
  return json_reply(json);
}

Reply openapi(const ApiContext& context, const Call&) {
  return json_reply(openapi_document(endpoints(), context.view.version));
}

Reply docs(const ApiContext& context, const Call&) {
  return docs_page(openapi_document(endpoints(), context.view.version));
}

Reply healthz(const ApiContext&, const Call&) { return {200, "serving\n", kText, {}}; }

Reply metrics(const ApiContext& context, const Call&) {
  return {200, metrics_text(context.view, context.counters, context.dns), kPrometheus, {}};
}

Reply status(const ApiContext& context, const Call&) { return status_reply(context.view); }
Reply pops(const ApiContext& context, const Call&) { return pops_reply(context.view); }
Reply config(const ApiContext& context, const Call&) { return config_reply(context.view); }
Reply route(const ApiContext& context, const Call& call) {
  return explain_route(context.view.controller, context.routing, call.query);
}
Reply series(const ApiContext& context, const Call& call) {
  return series_reply(context.live.history(), call.query);
}
Reply purge(const ApiContext& context, const Call& call) {
  return make_purge(*context.view.controller.site(), context.fleet, call.body);
}
Reply purge_progress(const ApiContext& context, const Call& call) {
  return purge_reply(context.fleet, call.argument);
}

// All of a row but what it must not go without.
struct Details {
  std::string_view summary;
  std::vector<Parameter> query = {};
  std::string_view argument = {};
  std::string_view body = {};
  std::vector<Described> answers;
  Reply (*answer)(const ApiContext& context, const Call& call) = nullptr;
};

Endpoint row(Method method, std::string_view path, Role role, std::string_view id,
             Details details) {
  return {method,
          path,
          role,
          id,
          details.summary,
          std::move(details.query),
          details.argument,
          details.body,
          std::move(details.answers),
          details.answer};
}

std::vector<Endpoint> general_endpoints() {
  return {
      row(Method::Get, "/v1", Role::Anyone, "index",
          {.summary = "All calls, by name",
           .answers = {{200, "Method and path of each", "Index"}},
           .answer = index}),
      row(Method::Get, "/v1/openapi.json", Role::Anyone, "openapi",
          {.summary = "This document",
           .answers = {{200, "An OpenAPI 3.1 document", {}}},
           .answer = openapi}),
      row(Method::Get, "/v1/docs", Role::Anyone, "docs",
          {.summary = "This document as a page for people",
           .answers = {{200, "A page", {}, "text/html"}},
           .answer = docs}),
      row(Method::Get, "/healthz", Role::Anyone, "health",
          {.summary = "Whether the process serves",
           .answers = {{200, "It does", {}, "text/plain"}},
           .answer = healthz}),
      row(Method::Get, "/metrics", Role::Viewer, "metrics",
          {.summary = "Figures for Prometheus",
           .answers = {{200, "Its text format", {}, "text/plain"}},
           .answer = metrics}),
  };
}

std::vector<Endpoint> fleet_endpoints() {
  return {
      row(Method::Get, "/v1/status", Role::Viewer, "status",
          {.summary = "The whole cluster at a glance",
           .answers = {{200, "All there is to know", "Status"}},
           .answer = status}),
      row(Method::Get, "/v1/pops", Role::Viewer, "pops",
          {.summary = "The PoPs and their nodes",
           .answers = {{200, "In the order of the configuration", "Pops"}},
           .answer = pops}),
      row(Method::Get, "/v1/config", Role::Viewer, "config",
          {.summary = "The configuration in force",
           .answers = {{200, "It, without secrets", "Configuration"}},
           .answer = config}),
      row(Method::Get, "/v1/route", Role::Viewer, "route",
          {.summary = "Which PoP a client is sent to, and why",
           .query = {{"ip", true, "the client's address"},
                     {"host", false, "the host it asks for"},
                     {"path", false, "the path it asks for"}},
           .answers = {{200, "The decision", "Route"},
                       {403, "A fence keeps the client out", "Route"},
                       {404, "No distribution has this host", "Error"},
                       {503, "No PoP takes requests", "Route"}},
           .answer = route}),
  };
}

std::vector<Endpoint> order_endpoints() {
  const Parameter force{"force", false, "true: even if no other PoP takes requests"};
  const std::vector<Described> answers{{200, "The PoP as it is now", "Pop"},
                                       {404, "There is no such PoP", "Error"},
                                       {409, "No other PoP takes requests (force)", "Error"}};
  return {
      row(Method::Post, "/v1/pops/{name}/drain", Role::Operator, "drain-pop",
          {.summary = "Send nobody to a PoP any more; then have its nodes finish what is in flight "
                      "and accept no more",
           .query =
               {{"grace", false,
                 "how long clients that know its address are still accepted, such as 30s; left "
                 "out: as long as DNS answers may be remembered, and 2s"},
                {"deadline", false,
                 "what is in flight so long after that is cut off; left out: nothing is"},
                force},
           .argument = "the PoP's id",
           .answers = answers,
           .answer = drain_pop}),
      row(Method::Post, "/v1/pops/{name}/disable", Role::Operator, "disable-pop",
          {.summary = "Send nobody to a PoP any more; its nodes are left alone",
           .query = {force},
           .argument = "the PoP's id",
           .answers = answers,
           .answer = disable_pop}),
      row(Method::Post, "/v1/pops/{name}/activate", Role::Operator, "activate-pop",
          {.summary = "Take a PoP back into service",
           .argument = "the PoP's id",
           .answers = {{200, "The PoP as it is now", "Pop"},
                       {404, "There is no such PoP", "Error"}},
           .answer = activate_pop}),
  };
}

std::vector<Endpoint> live_endpoints() {
  return {
      row(Method::Get, "/v1/live", Role::Viewer, "live",
          {.summary = "What goes on, second by second, as an event stream: events layout "
                      "(LiveLayout) and sample (LiveSample)",
           .answers = {{200, "The stream", {}, "text/event-stream"},
                       {503, "Too many listen already", "Error"}}}),
      row(Method::Get, "/v1/series", Role::Viewer, "series",
          {.summary = "The past of one PoP, or of all",
           .query = {{"window", false, "1m, 5m (if left out), 1h, 6h or 24h"},
                     {"pop", false, "which; all of them if left out"}},
           .answers = {{200, "Columns of figures", "Series"},
                       {404, "There is no such PoP", "Error"}},
           .answer = series}),
  };
}

std::vector<Endpoint> purge_endpoints() {
  return {
      row(Method::Post, "/v1/purge", Role::Operator, "purge",
          {.summary = "Make every PoP forget something, or mark it stale",
           .body = "PurgeRequest",
           .answers = {{202, "It is durable and on its way", "PurgeStarted"},
                       {404, "No distribution has this host", "Error"}},
           .answer = purge}),
      row(Method::Get, "/v1/purges/{number}", Role::Viewer, "purge-progress",
          {.summary = "Which nodes have acknowledged a purge, and when",
           .argument = "the purge's number",
           .answers = {{200, "Node by node", "Purge"},
                       {404, "It was made before the last start, or never", "Error"}},
           .answer = purge_progress}),
  };
}

std::vector<Endpoint> session_endpoints() {
  return {
      row(Method::Get, "/v1/session", Role::Viewer, "session",
          {.summary = "Who the caller is",
           .answers = {{200, "Token and role", "Session"}},
           .answer = show_session}),
      row(Method::Post, "/v1/session", Role::Anyone, "log-in",
          {.summary = "For browsers: put a token into a cookie that scripts cannot read",
           .body = "SessionRequest",
           .answers = {{200, "With Set-Cookie", "Session"}},
           .answer = begin_session}),
      row(Method::Delete, "/v1/session", Role::Anyone, "log-out",
          {.summary = "For browsers: drop the cookie",
           .answers = {{200, "With Set-Cookie", "SessionEnded"}},
           .answer = end_session}),
  };
}

std::vector<Endpoint> token_endpoints() {
  return {
      row(Method::Get, "/v1/tokens", Role::Admin, "tokens",
          {.summary = "The tokens there are, without secrets",
           .answers = {{200, "All of them", "Tokens"}},
           .answer = list_tokens}),
      row(Method::Post, "/v1/tokens", Role::Admin, "create-token",
          {.summary = "Make a token",
           .body = "TokenRequest",
           .answers = {{201, "The token; its secret is not shown again", "TokenMade"},
                       {409, "There is one of this name", "Error"}},
           .answer = create_token}),
      row(Method::Delete, "/v1/tokens/{name}", Role::Admin, "delete-token",
          {.summary = "Delete a token; it lets nobody in from then on",
           .argument = "the token's name",
           .answers = {{200, "It is gone", "TokenDeleted"},
                       {404, "There is none of this name", "Error"}},
           .answer = delete_token}),
      row(Method::Get, "/v1/audit", Role::Admin, "audit",
          {.summary = "Who changed what, or tried to",
           .query = {{"limit", false, "how many entries: 1 to 1000, 100 if left out"}},
           .answers = {{200, "Newest first", "Audit"}},
           .answer = show_audit}),
  };
}

}  // namespace

std::span<const Endpoint> endpoints() {
  static const std::vector<Endpoint> kTable = [] {
    std::vector<Endpoint> all;
    for (const auto& part :
         {general_endpoints(), fleet_endpoints(), order_endpoints(), live_endpoints(),
          purge_endpoints(), session_endpoints(), token_endpoints()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kTable;
}

}  // namespace atl::control
