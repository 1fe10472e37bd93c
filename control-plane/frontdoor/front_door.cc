#include "control-plane/frontdoor/front_door.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "control-plane/dashboard/serve.h"
#include "control-plane/frontdoor/api.h"
#include "control-plane/frontdoor/client.h"
#include "control-plane/frontdoor/live_json.h"
#include "control-plane/frontdoor/query.h"
#include "control-plane/frontdoor/router.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::control {
namespace {

constexpr size_t kLargestBody = 64 << 10;  // bytes of a request that changes something
constexpr std::string_view kPurges = "/v1/purges/";

bool is_read(std::string_view method) { return method == "GET" || method == "HEAD"; }

// What may stand in a Location: everything else was never in a valid request target.
bool is_target(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f;
         });
}

Reply not_allowed(std::string_view allow) {
  Reply reply = error_reply(405, fmt::format("only {} here", allow));
  reply.extra = fmt::format("Allow: {}\r\n", allow);
  return reply;
}

}  // namespace

// Collects the body of POST /v1/purge.
class FrontDoor::PurgeHandler final : public server::Handler {
 public:
  PurgeHandler(FrontDoor& door, server::Responder& responder) : door_(door), responder_(responder) {
    responder_.read_body();
  }

  void on_body(std::string_view bytes) override {
    if (!answered_ && body_.size() + bytes.size() > kLargestBody) {
      return answer(error_reply(413, "a purge is described in at most 64 KiB"));
    }
    body_ += bytes;
  }
  void on_body_end(std::string_view) override {
    if (!answered_) answer(make_purge(door_.fleet_, body_));
  }
  void on_writable() override {}
  void on_abort(server::Abort) override {}

 private:
  void answer(Reply reply) {
    answered_ = true;
    send(responder_, std::move(reply), door_.now(), false);
  }

  FrontDoor& door_;
  server::Responder& responder_;
  std::string body_;
  bool answered_ = false;
};

FrontDoor::FrontDoor(const Clock& clock, const Controller& controller, Fleet& fleet, Live& live,
                     std::string_view version, std::span<const Asset> dashboard)
    : clock_(clock),
      controller_(controller),
      fleet_(fleet),
      live_(live),
      version_(version),
      dashboard_(dashboard) {}

http::DateTime FrontDoor::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.wall());
}

void FrontDoor::on_refused(uint16_t, const char*) { ++counters_.refused; }

std::unique_ptr<server::Handler> FrontDoor::on_request(const http::RequestHead& head,
                                                       server::Responder& responder) {
  const auto [path, query] = split_target(head.path_and_query);
  const std::string host = host_of(head.authority);
  const bool bodiless = head.method == "HEAD";
  if (!is_api(host, path)) {
    send(responder, redirect(head, responder.client_address(), host), now(), bodiless);
    return nullptr;
  }
  ++counters_.api_requests;
  if (path == "/v1/purge" && head.method == "POST") {
    if (const char* why = refuse_change(head, host)) {
      send(responder, error_reply(403, why), now(), bodiless);
      return nullptr;
    }
    return std::make_unique<PurgeHandler>(*this, responder);
  }
  if (is_dashboard(path) && is_read(head.method)) {
    serve_dashboard(dashboard_, head, path, now(), responder);
    return nullptr;
  }
  if (path == "/v1/live" && head.method == "GET") return live_.listen(responder, now());
  send(responder, api(head, path, query), now(), bodiless);
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

// A page of somebody else in a browser on this machine must not be able to do it: the type makes
// the browser ask first, and the host is not one that its owner could point here.
const char* FrontDoor::refuse_change(const http::RequestHead& head, std::string_view host) const {
  const auto type = http::value_of(head.fields, "content-type");
  const std::string_view media =
      http::trim_ows(type.value_or("").substr(0, type.value_or("").find(';')));
  if (!http::equal_ignore_case(media, "application/json")) {
    return "send it with Content-Type: application/json";
  }
  if (!own_host(host)) {
    return "call the API by address or as localhost, or list this host in [control] api_hosts";
  }
  return nullptr;
}

Reply FrontDoor::api(const http::RequestHead& head, std::string_view path, std::string_view query) {
  if (path == "/v1/purge") return not_allowed("POST");
  if (!is_read(head.method)) return not_allowed("GET, HEAD");
  if (path == "/v1" || path == "/v1/") return index_reply();
  if (path == "/v1/status") return status_reply(view());
  if (path == "/v1/pops") return pops_reply(view());
  if (path == "/v1/config") return config_reply(view());
  if (path == "/v1/route") return route(query);
  if (path == "/v1/series") return series_reply(live_.history(), query);
  if (path == "/v1/live") return {200, {}, "text/event-stream", {}};
  if (path.starts_with(kPurges)) return purge_reply(fleet_, path.substr(kPurges.size()));
  if (path == "/healthz") return {200, "serving\n", "text/plain; charset=utf-8", {}};
  if (path == "/metrics") {
    return {
        200, metrics_text(view(), counters_, dns_), "text/plain; version=0.0.4; charset=utf-8", {}};
  }
  return error_reply(404, "there is nothing here; see /v1");
}

Reply FrontDoor::route(std::string_view query) const {
  const auto ip = parameter(query, "ip");
  if (!ip) return error_reply(400, "say whose route: /v1/route?ip=192.0.2.1");
  const auto address = geo::parse_address(*ip);
  if (!address) return error_reply(400, fmt::format("\"{}\" is not an IP address", *ip));
  const std::string host = host_of(parameter(query, "host").value_or(""));
  const std::string path = parameter(query, "path").value_or("/");
  if (!is_target(path)) return error_reply(400, "path begins with / and has no spaces");
  const std::shared_ptr<const Site>& site = controller_.site();
  if (!host.empty() && site->find_host(host).claim == Site::Claim::None) {
    return error_reply(404, fmt::format("no distribution has the host \"{}\"", host));
  }
  return route_reply(decide(site, fleet_, *address, geo::kAllCandidates), host, path);
}

Reply FrontDoor::redirect(const http::RequestHead& head, std::string_view peer,
                          std::string_view host) {
  const std::shared_ptr<const Site>& site = controller_.site();
  if (site->find_host(host).claim == Site::Claim::None) {
    ++counters_.unknown_host;
    return error_reply(421, fmt::format("no distribution has the host \"{}\"", host));
  }
  if (!is_target(head.path_and_query)) return error_reply(400, "there is nowhere to send this");
  const Config& config = site->config();
  const auto client =
      find_client(peer, head.fields, {config.trusted_proxies, config.allow_client_override});
  if (!client) return error_reply(400, client.error());
  const Route found = decide(site, fleet_, client->address, 1);
  const PopConfig* pop = found.chosen();
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
