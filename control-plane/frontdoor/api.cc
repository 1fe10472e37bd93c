#include "control-plane/frontdoor/api.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "control-plane/frontdoor/query.h"
#include "control-plane/frontdoor/request_body.h"
#include "lib/base/duration.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

// To so many parts of one: 10 keeps one decimal.
Json rounded(double value, double parts) { return std::round(value * parts) / parts; }

Json latency_json(const Latencies& latencies) {
  return {{"p50_us", quantile_us(latencies, 0.5)}, {"p99_us", quantile_us(latencies, 0.99)}};
}

Json statistics_json(const NodeStatistics& statistics) {
  Json json{{"time_ms", statistics.time_ms}, {"requests", statistics.requests()}};
  for (size_t i = 0; i < kCounters; ++i) {
    json[std::string(kCounterNames[i])] = statistics.counts[i];
  }
  json["ttfb_hit"] = latency_json(statistics.ttfb_hit);
  json["ttfb_miss"] = latency_json(statistics.ttfb_miss);
  return json;
}

Json rates_json(const std::array<double, kCounters>& rates) {
  double requests = 0;
  for (size_t i = 0; i < static_cast<size_t>(Counter::BytesOut); ++i) requests += rates[i];
  Json json{{"requests", rounded(requests, 10)}};
  for (size_t i = 0; i < kFirstGauge; ++i) {
    json[std::string(kCounterNames[i])] = rounded(rates[i], 10);
  }
  return json;
}

Json observers_json(const Fleet& fleet, const NodeRecord& record) {
  const Votes votes = fleet.votes(record);
  Json nodes = Json::array();
  for (const auto& [name, sight] : record.seen_by) {
    nodes.push_back(
        {{"pop", name.first},
         {"node", name.second},
         {"vote", sight.reachable ? "up" : "down"},
         {"age_ms",
          std::chrono::duration_cast<std::chrono::milliseconds>(fleet.now() - sight.at).count()},
         {"detail", sight.detail}});
  }
  return {{"lease", to_string(votes.lease)},
          {"probe", to_string(votes.probe)},
          {"probe_detail", record.probed ? record.probed->detail : ""},
          {"nodes", std::move(nodes)},
          {"summary", explain(votes)}};
}

Json node_json(const Fleet& fleet, const PopConfig& pop, const NodeRecord& record) {
  const NodeState state = fleet.state(record);
  const auto silence =
      std::chrono::duration_cast<std::chrono::milliseconds>(fleet.now() - record.last_heard);
  Json json{
      {"node", record.hello.node},
      {"instance", record.hello.instance},
      {"version", record.hello.version},
      {"state", to_string(state)},
      {"serving", state == NodeState::Active},
      {"detail", state == NodeState::Down ? explain(fleet.votes(record)) : record.health.detail},
      {"observers", observers_json(fleet, record)},
      // What clients are sent to is the configuration's; this is what the node listens on.
      {"endpoints", pop.endpoints},
      {"listens", record.hello.endpoints},
      {"workers", record.hello.workers},
      {"cache_capacity", record.hello.cache_capacity},
      {"snapshot_version", record.snapshot_version},
      {"snapshot_refused", record.snapshot_refused},
      {"last_purge", record.last_purge},
      {"last_seen_ms", silence.count()},
      {"connections", record.health.connections},
      {"requests_in_flight", record.health.requests_in_flight},
      {"cpu_millicores", record.health.cpu_millicores},
      {"drained", record.drained},
      {"origins", Json::array()}};
  for (const OriginHealth& origin : record.health.origins) {
    json["origins"].push_back(
        {{"id", origin.origin}, {"reachable", origin.reachable}, {"detail", origin.detail}});
  }
  json["statistics"] = statistics_json(record.statistics.value_or(NodeStatistics{}));
  json["per_second"] =
      rates_json(state == NodeState::Down ? decltype(record.rates){} : record.rates);
  return json;
}

Json pops_json(const ApiView& view) {
  Json pops = Json::array();
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    pops.push_back(pop_json(view, pop));
  }
  return pops;
}

Json order_json(const Order& order) {
  if (order.wish == Wish::Serve) return nullptr;
  return {{"wish", to_string(order.wish)},
          {"time_ms", order.time_ms},
          {"grace_ms", order.grace.count()},
          {"deadline_ms", order.deadline.count()},
          {"author", order.author.empty() ? Json(nullptr) : Json(order.author)}};
}

Json optional_duration(const std::optional<std::chrono::milliseconds>& duration) {
  return duration ? Json(format_duration(*duration)) : Json(nullptr);
}

Json behaviour_json(const BehaviourConfig& behaviour) {
  const CachePolicy& cache = behaviour.cache;
  return {{"path", behaviour.path},
          {"origin_group", behaviour.origin_group},
          {"allowed_methods", behaviour.allowed_methods},
          {"cache",
           {{"enabled", cache.enabled},
            {"default_ttl", optional_duration(cache.default_ttl)},
            {"min_ttl", optional_duration(cache.min_ttl)},
            {"max_ttl", optional_duration(cache.max_ttl)},
            {"max_object", cache.max_object ? Json(cache.max_object->count) : Json(nullptr)},
            {"honour_request_directives", cache.honour_request_directives}}}};
}

// Whose content it is; nullopt: of all hosts.
std::optional<std::string> purged_host(const PurgeRequest& request) {
  switch (request.kind) {
    case PurgeRequest::Kind::Host:
      return host_of(request.value);
    case PurgeRequest::Kind::Url:
    case PurgeRequest::Kind::Prefix: {
      const std::string_view rest =
          std::string_view(request.value).substr(request.value.find("://") + 3);
      return host_of(rest.substr(0, rest.find('/')));
    }
    case PurgeRequest::Kind::Tag:
    case PurgeRequest::Kind::Everything:
      break;
  }
  return std::nullopt;
}

std::string subject_of(const PurgeRequest& request) {
  const std::string_view how = request.soft ? "soft" : "hard";
  if (request.value.empty()) return fmt::format("{} {}", how, to_string(request.kind));
  return fmt::format("{} {} {}", how, to_string(request.kind), request.value);
}

}  // namespace

Json place_json(const PopConfig& pop) {
  return {{"id", pop.id},
          {"city", pop.city},
          {"country", pop.country},
          {"latitude", pop.at.latitude},
          {"longitude", pop.at.longitude},
          {"endpoints", pop.endpoints}};
}

Json pop_json(const ApiView& view, const PopConfig& pop) {
  Json json = place_json(pop);
  const Standing standing = view.fleet.standing(pop.id);
  json["state"] = to_string(standing.state);
  json["reason"] = standing.reason;
  json["alive"] = standing.state == PopState::Active;
  json["order"] = order_json(view.fleet.order_of(pop.id));
  json["nodes"] = Json::array();
  for (const NodeRecord* record : view.fleet.nodes_of(pop.id)) {
    json["nodes"].push_back(node_json(view.fleet, pop, *record));
  }
  return json;
}

bool ready(const ApiView& view) {
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    const PopState state = view.fleet.pop_state(pop.id);
    if (state == PopState::Draining || state == PopState::AdminDown) continue;
    if (state != PopState::Active) return false;
    for (const NodeRecord* record : view.fleet.nodes_of(pop.id)) {
      if (view.fleet.state(*record) == NodeState::Down) continue;
      const bool current = record->snapshot_version == view.fleet.snapshot_version() &&
                           record->snapshot_refused.empty();
      if (!current) return false;
    }
  }
  return true;
}

Reply status_reply(const ApiView& view) {
  return json_reply({{"ready", ready(view)},
                     {"version", view.version},
                     {"instance", view.fleet.options().instance},
                     {"snapshot_version", view.fleet.snapshot_version()},
                     {"configuration_problem", view.controller.problem()},
                     {"last_purge", view.fleet.last_purge()},
                     {"pops", pops_json(view)}});
}

Reply pops_reply(const ApiView& view) { return json_reply({{"pops", pops_json(view)}}); }

Reply config_reply(const ApiView& view) {
  const Config& config = view.controller.site()->config();
  Json json{{"snapshot_version", view.fleet.snapshot_version()},
            {"pops", Json::array()},
            {"origins", Json::array()},
            {"origin_groups", Json::array()},
            {"distributions", Json::array()},
            {"geo_databases", Json::array()}};
  for (const PopConfig& pop : config.pops) json["pops"].push_back(place_json(pop));
  for (const OriginConfig& origin : config.content.origins) {
    json["origins"].push_back({{"id", origin.id},
                               {"endpoint", origin.endpoint},
                               {"source", origin.source},
                               {"head_timeout", format_duration(origin.head_timeout)},
                               {"timeout", format_duration(origin.timeout)}});
  }
  for (const OriginGroupConfig& group : config.content.origin_groups) {
    json["origin_groups"].push_back({{"id", group.id},
                                     {"origins", group.origins},
                                     {"failover_statuses", group.failover_statuses}});
  }
  for (const DistributionConfig& distribution : config.content.distributions) {
    Json behaviours = Json::array();
    for (const BehaviourConfig& behaviour : distribution.behaviours) {
      behaviours.push_back(behaviour_json(behaviour));
    }
    json["distributions"].push_back({{"id", distribution.id},
                                     {"hosts", distribution.hosts},
                                     {"behaviours", std::move(behaviours)}});
  }
  for (const auto& database : view.controller.site()->databases()) {
    json["geo_databases"].push_back({{"path", database->path()},
                                     {"type", database->type()},
                                     {"build_epoch", database->build_epoch()}});
  }
  return json_reply(json);
}

Reply purge_reply(const Fleet& fleet, std::string_view number_text) {
  uint64_t number = 0;
  const char* end = number_text.data() + number_text.size();
  const auto parsed = std::from_chars(number_text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) {
    return error_reply(400, "a purge is named by its number: /v1/purges/17");
  }
  const PurgeProgress* progress = fleet.purge_progress(number);
  if (progress == nullptr) {
    return error_reply(404, "this purge is not known: it was made before the last start, or never");
  }
  Json json{{"number", number},
            {"time_ms", progress->purge.time_ms},
            {"kind", to_string(progress->purge.what.kind)},
            {"value", progress->purge.what.value},
            {"soft", progress->purge.what.soft},
            {"done", true},
            {"nodes", Json::array()}};
  for (const auto& [name, ack] : progress->nodes) {
    Json node{{"pop", name.first}, {"node", name.second}, {"acknowledged", ack.has_value()}};
    if (ack) {
      node["objects"] = ack->objects;
      node["duration_us"] = ack->duration.count();
      node["after_us"] = ack->after.count();
    } else {
      json["done"] = false;
    }
    json["nodes"].push_back(std::move(node));
  }
  return json_reply(json);
}

Reply make_purge(const Site& site, Fleet& fleet, std::string_view body) {
  auto request = parse_purge_request(body);
  if (!request) return error_reply(400, request.error());
  if (const char* wrong = check_purge(*request)) return error_reply(400, wrong);
  if (const auto host = purged_host(*request);
      host && site.find_host(*host).claim == Site::Claim::None) {
    Reply reply = error_reply(
        404,
        fmt::format("no distribution has the host \"{}\": nothing of it is in a cache", *host));
    reply.subject = subject_of(*request);
    return reply;
  }
  const auto purge = fleet.purge(*std::move(request));
  if (!purge) return error_reply(500, purge.error());
  Reply reply = json_reply(
      {{"number", purge->number}, {"progress", fmt::format("/v1/purges/{}", purge->number)}}, 202);
  reply.subject = subject_of(purge->what);
  return reply;
}

}  // namespace atl::control
