#include "control-plane/frontdoor/front_door.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "control-plane/dashboard/serve.h"
#include "control-plane/frontdoor/api.h"
#include "control-plane/frontdoor/client.h"
#include "control-plane/frontdoor/query.h"
#include "control-plane/frontdoor/route_json.h"
#include "control-plane/frontdoor/router.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::control {
namespace {

constexpr size_t kLargestBody = 64 << 10;  // bytes of a request that changes something

bool is_read(std::string_view method) { return method == "GET" || method == "HEAD"; }

Reply not_allowed(std::string_view allow) {
  Reply reply = error_reply(405, fmt::format("only {} here", allow));
  reply.extra = fmt::format("Allow: {}\r\n", allow);
  return reply;
}

// Whether a page of this host sent the request (RFC 6454 section 7), whatever its scheme: a proxy
// before us may speak TLS.
bool of_own_page(std::string_view origin, std::string_view authority) {
  const size_t slashes = origin.find("://");
  return slashes != std::string_view::npos &&
         http::equal_ignore_case(origin.substr(slashes + 3), authority);
}

}  // namespace

// Collects the body of a request that has one, then answers.
class FrontDoor::BodyHandler final : public server::Handler {
 public:
  BodyHandler(FrontDoor& door, server::Responder& responder, const Endpoint& endpoint,
              const Call& call)
      : door_(door),
        responder_(responder),
        endpoint_(endpoint),
        caller_(call.caller),
        argument_(call.argument),
        query_(call.query),
        tls_(call.tls) {
    responder_.read_body();
  }

  void on_body(std::string_view bytes) override {
    if (answered_) return;
    if (body_.size() + bytes.size() > kLargestBody) {
      return respond(error_reply(413, "the body has more than 64 KiB"));
    }
    body_ += bytes;
  }
  void on_body_end(std::string_view) override {
    if (answered_) return;
    respond(door_.answer(endpoint_, {.caller = caller_,
                                     .client = responder_.client_address(),
                                     .argument = argument_,
                                     .query = query_,
                                     .body = body_,
                                     .tls = tls_}));
  }
  void on_writable() override {}
  void on_abort(server::Abort) override {}

 private:
  void respond(Reply reply) {
    answered_ = true;
    send(responder_, std::move(reply), door_.now(), false);
  }

  FrontDoor& door_;
  server::Responder& responder_;
  const Endpoint& endpoint_;
  const Caller caller_;
  const std::string argument_;
  const std::string query_;
  const bool tls_;
  std::string body_;
  bool answered_ = false;
};

FrontDoor::FrontDoor(const Clock& clock, const Controller& controller, Fleet& fleet,
                     Routing& routing, Live& live, Guard& guard, std::string_view version,
                     std::span<const Asset> dashboard)
    : clock_(clock),
      controller_(controller),
      fleet_(fleet),
      routing_(routing),
      live_(live),
      guard_(guard),
      version_(version),
      dashboard_(dashboard) {}

http::DateTime FrontDoor::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.wall());
}

void FrontDoor::on_refused(uint16_t, const char*) { ++counters_.refused; }

std::unique_ptr<server::Handler> FrontDoor::on_request(const http::RequestHead& head,
                                                       server::Responder& responder) {
  const std::string_view path = split_target(head.path_and_query).path;
  const std::string host = host_of(head.authority);
  if (!is_api(host, path)) {
    send(responder, redirect(head, responder.client_address(), host), now(), head.method == "HEAD");
    return nullptr;
  }
  ++counters_.api_requests;
  if (!is_dashboard(path)) return api(head, host, responder);
  if (is_read(head.method)) {
    serve_dashboard(dashboard_, head, path, now(), responder);
  } else {
    send(responder, not_allowed("GET, HEAD"), now(), false);
  }
  return nullptr;
}

// A name that a distribution claims belongs to its content, whole; the API answers under every
// other host, beside the content of "*".
bool FrontDoor::is_api(std::string_view host, std::string_view path) const {
  if (controller_.site()->find_host(host).claim == Site::Claim::Named) return false;
  if (path == "/v1" || path.starts_with("/v1/") || path == "/healthz" || path == "/metrics") {
    return true;
  }
  return is_dashboard(path) && own_host(host);
}

bool FrontDoor::own_host(std::string_view host) const {
  if (host == "localhost" || geo::parse_address(host)) return true;
  const std::vector<std::string>& names = controller_.site()->config().api_hosts;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return http::equal_ignore_case(name, host); });
}

std::unique_ptr<server::Handler> FrontDoor::api(const http::RequestHead& head,
                                                std::string_view host,
                                                server::Responder& responder) {
  const auto [path, query] = split_target(head.path_and_query);
  const std::string_view client = responder.client_address();
  const auto say = [&](Reply reply) {
    send(responder, std::move(reply), now(), head.method == "HEAD");
    return nullptr;
  };
  const Match found = match(endpoints(), head.method, path);
  if (found.endpoint == nullptr) {
    return say(found.allow.empty() ? error_reply(404, "there is nothing here; see /v1/docs")
                                   : not_allowed(found.allow));
  }
  const Endpoint& endpoint = *found.endpoint;
  if (endpoint.changes()) {
    if (const char* why = refuse_change(head, host, endpoint)) return say(error_reply(403, why));
  }
  const auto caller = guard_.admit(head.fields, client, endpoint.role, authentication());
  if (!caller) {
    Reply reply = denial_reply(caller.error());
    // Who may not read a thing may ask again and again; it changes nothing.
    const bool recorded = !reply.unrecorded && (endpoint.changes() || reply.status == 401);
    if (recorded) record(endpoint, caller.error().who, client, reply);
    return say(std::move(reply));
  }
  if (endpoint.answer == nullptr) {
    if (head.method == "GET") return listen(endpoint, *caller, responder);
    return say({200, {}, endpoint.answers.front().type, {}});
  }
  const Config& config = controller_.site()->config();
  const Call call{.caller = *caller,
                  .client = client,
                  .argument = found.argument,
                  .query = query,
                  .body = {},
                  .tls = spoke_tls(client, head.fields,
                                   {config.trusted_proxies, config.allow_client_override})};
  if (!endpoint.body.empty()) {
    return std::make_unique<BodyHandler>(*this, responder, endpoint, call);
  }
  return say(answer(endpoint, call));
}

// A page of somebody else in a browser on this machine, or in one that is logged in, must not be
// able to do it: browsers name the page's origin, ask before they send this type, and the host is
// not one that the page's owner could point here.
const char* FrontDoor::refuse_change(const http::RequestHead& head, std::string_view host,
                                     const Endpoint& endpoint) const {
  const auto type = http::value_of(head.fields, "content-type");
  const std::string_view media =
      http::trim_ows(type.value_or("").substr(0, type.value_or("").find(';')));
  if (!endpoint.body.empty() && !http::equal_ignore_case(media, "application/json")) {
    return "send it with Content-Type: application/json";
  }
  if (!own_host(host)) {
    return "call the API by address or as localhost, or list this host in [control] api_hosts";
  }
  const auto origin = http::value_of(head.fields, "origin");
  if (origin && !of_own_page(*origin, head.authority)) {
    return "this came from a page of another site (Origin)";
  }
  const bool by_cookie = http::find(head.fields, "authorization") == nullptr &&
                         http::find(head.fields, "cookie") != nullptr;
  if (by_cookie && !origin && authentication() == Authentication::Required) {
    return "with a cookie, say which page this comes from (Origin)";
  }
  return nullptr;
}

std::unique_ptr<server::Handler> FrontDoor::listen(const Endpoint& endpoint, const Caller& caller,
                                                   server::Responder& responder) {
  return live_.listen(responder, now(), [this, &endpoint, caller] {
    return guard_.still(caller, endpoint.role, authentication());
  });
}

Reply FrontDoor::answer(const Endpoint& endpoint, const Call& call) {
  const ApiContext context{{controller_, fleet_, version_},
                           fleet_,
                           routing_,
                           live_,
                           guard_,
                           dns_,
                           counters_,
                           authentication()};
  Reply reply = endpoint.answer(context, call);
  if (endpoint.changes() && !reply.unrecorded) record(endpoint, call.caller, call.client, reply);
  return reply;
}

void FrontDoor::record(const Endpoint& endpoint, const Caller& caller, std::string_view client,
                       const Reply& reply) {
  guard_.record({.time_ms = 0,
                 .token = caller.token,
                 .role = caller.token.empty() ? "" : std::string(to_string(caller.role)),
                 .client = std::string(client),
                 .action = std::string(endpoint.id),
                 .subject = reply.subject,
                 .status = reply.status,
                 .reason = reply.problem});
}

Authentication FrontDoor::authentication() const {
  return controller_.site()->config().api.authentication;
}

Reply FrontDoor::redirect(const http::RequestHead& head, std::string_view peer,
                          std::string_view host) {
  const std::shared_ptr<const Site>& site = controller_.site();
  const Site::Host claim = site->find_host(host);
  if (claim.claim == Site::Claim::None) {
    ++counters_.unknown_host;
    return error_reply(421, fmt::format("no distribution has the host \"{}\"", host));
  }
  if (!is_target(head.path_and_query)) return error_reply(400, "there is nowhere to send this");
  const Config& config = site->config();
  const auto client =
      find_client(peer, head.fields, {config.trusted_proxies, config.allow_client_override});
  if (!client) return error_reply(400, client.error());
  const Route found = decide(routing_.now(), site->policy(claim), client->address, 1);
  const PopConfig* pop = found.chosen();
  if (found.decision.reason == geo::Reason::Forbidden) {
    ++counters_.forbidden;
    return error_reply(403, explain(found));
  }
  if (pop == nullptr) {
    ++counters_.unroutable;
    Reply reply = error_reply(503, "no PoP takes requests at the moment");
    reply.extra = "Retry-After: 1\r\n";
    return reply;
  }
  ++counters_.redirects[{pop->id, found.decision.reason}];
  return {static_cast<uint16_t>(is_read(head.method) ? 302 : 307),
          {},
          "text/plain; charset=utf-8",
          fmt::format("Location: http://{}{}\r\n", pop->endpoints.front(), head.path_and_query)};
}

}  // namespace atl::control
