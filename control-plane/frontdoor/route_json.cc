#include "control-plane/frontdoor/route_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "control-plane/frontdoor/query.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

// To so many parts of one: 10 keeps one decimal.
Json rounded(double value, double parts) { return std::round(value * parts) / parts; }

Json fence_json(const geo::Fence& fence) {
  switch (fence.kind) {
    case geo::Fence::Kind::None:
      return nullptr;
    case geo::Fence::Kind::Allow:
      return {{"allow", fence.countries}};
    case geo::Fence::Kind::Deny:
      return {{"deny", fence.countries}};
  }
  return nullptr;
}

std::string_view to_string(geo::Steer steer) {
  switch (steer) {
    case geo::Steer::Nearest:
      return "nearest";
    case geo::Steer::Weighted:
      return "weighted";
    case geo::Steer::Failover:
      return "failover";
  }
  return "nearest";
}

Json policy_json(const Route& route) {
  const geo::PolicySpec& policy = route.snapshot->chart().policy(route.policy).spec;
  Json json{{"steer", to_string(policy.steer)}, {"fence", fence_json(policy.fence)}};
  if (policy.canary) {
    json["canary"] = {{"pop", route.pop(policy.canary->pop).id},
                      {"percent", policy.canary->percent}};
  }
  return json;
}

// Of Weighted; null: it has none.
Json weight_json(const Route& route, uint32_t pop) {
  const geo::PolicySpec& policy = route.snapshot->chart().policy(route.policy).spec;
  if (policy.steer != geo::Steer::Weighted) return nullptr;
  for (const auto& target : policy.targets) {
    if (target.pop == pop) return target.weight;
  }
  return nullptr;
}

void put_estimate(Json& json, const Route& route, uint32_t pop) {
  const geo::Estimate estimate = route.estimate(pop);
  if (estimate.distance_km < 0) return;
  json["distance_km"] = rounded(estimate.distance_km, 10);
  json["rtt_ms"] = rounded(estimate.rtt_ms, 10);
  json["rtt_source"] = estimate.measured ? "measured" : "model";
}

Json candidate_json(const Route& route, const geo::Candidate& candidate) {
  const geo::Chart& chart = route.snapshot->chart();
  const geo::PopStatus& status = route.snapshot->status(candidate.pop);
  const PopConfig& pop = route.pop(candidate.pop);
  Json json{{"pop", pop.id},
            {"city", pop.city},
            {"country", pop.country},
            {"state", to_string(status.state)},
            {"verdict", to_string(candidate.verdict)},
            {"pinned", candidate.pinned}};
  put_estimate(json, route, candidate.pop);
  const auto& region = chart.region_of(candidate.pop);
  json["region"] = region ? Json(chart.region_name(region)) : Json(nullptr);
  json["bias"] = pop.bias;
  json["load"] = status.load < 0 ? Json(nullptr) : rounded(status.load, 1000);
  json["shed"] = rounded(status.shed, 1000);
  json["fence"] = fence_json(pop.fence);
  if (Json weight = weight_json(route, candidate.pop); !weight.is_null()) json["weight"] = weight;
  return json;
}

Json place_json(const Route& route) {
  const geo::Place& place = route.place;
  Json json{{"source", to_string(place.source)}, {"country", place.country}, {"city", place.city}};
  if (place.coordinates) {
    json["latitude"] = rounded(place.coordinates->latitude, 1e4);
    json["longitude"] = rounded(place.coordinates->longitude, 1e4);
  }
  if (route.decision.origin && route.decision.origin->region) {
    json["region"] = route.snapshot->chart().region_name(route.decision.origin->region);
  }
  return json;
}

}  // namespace

Reply route_reply(const Route& route, std::string_view host, std::string_view path) {
  const PopConfig* pop = route.chosen();
  const bool forbidden = route.decision.reason == geo::Reason::Forbidden;
  Json json{{"client", to_string(route.client)},
            {"client_prefix", to_string(geo::Prefix{masked(route.client, route.prefix_length()),
                                                    route.prefix_length()})},
            {"place", place_json(route)},
            {"country", route.place.country},
            {"pop", pop == nullptr ? Json(nullptr) : Json(pop->id)},
            {"endpoints", pop == nullptr ? Json::array() : Json(pop->endpoints)},
            {"reason", to_string(route.decision.reason)},
            {"explanation", explain(route)}};
  if (!host.empty()) json["distribution"] = route.site->find_host(host).distribution;
  json["policy"] = policy_json(route);
  if (pop != nullptr) {
    put_estimate(json, route, *route.decision.chosen);
    json["location"] = fmt::format("http://{}{}", pop->endpoints.front(), path);
  } else {
    json["error"] = explain(route);
  }
  json["candidates"] = Json::array();
  for (const geo::Candidate& candidate : route.decision.ranked) {
    json["candidates"].push_back(candidate_json(route, candidate));
  }
  return {static_cast<uint16_t>(pop != nullptr ? 200
                                : forbidden    ? 403
                                               : 503),
          json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          "application/json",
          {}};
}

Reply explain_route(const Controller& controller, Routing& routing, std::string_view query) {
  const auto ip = parameter(query, "ip");
  if (!ip) return error_reply(400, "say whose route: /v1/route?ip=192.0.2.1");
  const auto address = geo::parse_address(*ip);
  if (!address) return error_reply(400, fmt::format("\"{}\" is not an IP address", *ip));
  const std::string host = host_of(parameter(query, "host").value_or(""));
  const std::string path = parameter(query, "path").value_or("/");
  if (!is_target(path)) return error_reply(400, "path begins with / and has no spaces");
  const std::shared_ptr<const Site>& site = controller.site();
  // Without a host: as for names that nobody claims.
  const Site::Host claim = site->find_host(host.empty() ? "*" : host);
  if (!host.empty() && claim.claim == Site::Claim::None) {
    return error_reply(404, fmt::format("no distribution has the host \"{}\"", host));
  }
  return route_reply(decide(routing.now(), site->policy(claim), *address, geo::kAllCandidates),
                     host, path);
}

}  // namespace atl::control
