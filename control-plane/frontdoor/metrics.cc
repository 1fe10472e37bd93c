#include "control-plane/frontdoor/metrics.h"

#include <functional>

#include "lib/base/metrics.h"

namespace atl::control {
namespace {

using Visit = std::function<void(const PopConfig&, const NodeRecord&)>;

void for_each_node(const ApiView& view, const Visit& visit) {
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    for (const NodeRecord* record : view.fleet.nodes_of(pop.id)) visit(pop, *record);
  }
}

void front_door(MetricsText& out, const FrontDoorCounters& counters) {
  out.counter("atoll_control_redirects_total", "Clients sent to a PoP, by PoP and reason");
  for (const auto& [key, count] : counters.redirects) {
    out.value("atoll_control_redirects_total",
              {{"pop", key.first}, {"reason", to_string(key.second)}}, count);
  }
  out.counter("atoll_control_unroutable_total", "Requests answered 503: no PoP takes requests");
  out.value("atoll_control_unroutable_total", {}, counters.unroutable);
  out.counter("atoll_control_forbidden_total",
              "Requests answered 403: the distribution is not for the client's country");
  out.value("atoll_control_forbidden_total", {}, counters.forbidden);
  out.counter("atoll_control_unknown_host_total", "Requests for hosts of no distribution");
  out.value("atoll_control_unknown_host_total", {}, counters.unknown_host);
  out.counter("atoll_control_api_requests_total", "Requests to the API");
  out.value("atoll_control_api_requests_total", {}, counters.api_requests);
  out.counter("atoll_control_refused_total", "Requests refused before they were read whole");
  out.value("atoll_control_refused_total", {}, counters.refused);
}

void fleet_state(MetricsText& out, const ApiView& view) {
  out.gauge("atoll_control_snapshot_version", "Version of the published snapshot");
  out.value("atoll_control_snapshot_version", {}, view.fleet.snapshot_version());
  out.gauge("atoll_control_configuration_refused", "1 when the last reload was refused");
  out.value("atoll_control_configuration_refused", {},
            uint64_t{view.controller.problem().empty() ? 0U : 1U});
  out.counter("atoll_control_purges_total", "Number of the last purge");
  out.value("atoll_control_purges_total", {}, view.fleet.last_purge());
  out.gauge("atoll_pop_active", "1 when the PoP takes requests");
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    out.value("atoll_pop_active", {{"pop", pop.id}},
              uint64_t{view.fleet.pop_state(pop.id) == PopState::Active ? 1U : 0U});
  }
  out.gauge("atoll_pop_out_of_service", "1 when the operator drains or disabled the PoP");
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    out.value("atoll_pop_out_of_service", {{"pop", pop.id}},
              uint64_t{view.fleet.order_of(pop.id).wish == Wish::Serve ? 0U : 1U});
  }
  out.gauge("atoll_node_active", "1 when the node takes requests");
  for_each_node(view, [&](const PopConfig& pop, const NodeRecord& record) {
    out.value("atoll_node_active", {{"pop", pop.id}, {"node", record.hello.node}},
              uint64_t{view.fleet.state(record) == NodeState::Active ? 1U : 0U});
  });
  out.gauge("atoll_node_snapshot_version", "Version of the snapshot the node has in force");
  for_each_node(view, [&](const PopConfig& pop, const NodeRecord& record) {
    out.value("atoll_node_snapshot_version", {{"pop", pop.id}, {"node", record.hello.node}},
              record.snapshot_version);
  });
}

// One family of the nodes' own counters.
void node_counter(MetricsText& out, const ApiView& view, std::string_view name,
                  std::string_view help, Counter counter) {
  if (static_cast<size_t>(counter) < kFirstGauge) {
    out.counter(name, help);
  } else {
    out.gauge(name, help);
  }
  for_each_node(view, [&](const PopConfig& pop, const NodeRecord& record) {
    if (!record.statistics) return;
    out.value(name, {{"pop", pop.id}, {"node", record.hello.node}}, (*record.statistics)[counter]);
  });
}

void node_statistics(MetricsText& out, const ApiView& view) {
  out.counter("atoll_node_requests_total", "Requests of the node, by how they were answered");
  for_each_node(view, [&](const PopConfig& pop, const NodeRecord& record) {
    if (!record.statistics) return;
    for (size_t i = 0; i < static_cast<size_t>(Counter::BytesOut); ++i) {
      out.value("atoll_node_requests_total",
                {{"pop", pop.id}, {"node", record.hello.node}, {"outcome", kCounterNames[i]}},
                record.statistics->counts[i]);
    }
  });
  node_counter(out, view, "atoll_node_sent_bytes_total", "Response body bytes to clients",
               Counter::BytesOut);
  node_counter(out, view, "atoll_node_sent_from_cache_bytes_total",
               "Response body bytes to clients that came from the cache", Counter::BytesFromCache);
  node_counter(out, view, "atoll_node_received_bytes_total", "Response body bytes from origins",
               Counter::BytesIn);
  node_counter(out, view, "atoll_node_connections_total", "Connections accepted",
               Counter::ConnectionsAccepted);
  node_counter(out, view, "atoll_node_cache_evictions_total", "Responses evicted from the cache",
               Counter::CacheEvictions);
  node_counter(out, view, "atoll_node_cache_objects", "Responses in the cache",
               Counter::CacheObjects);
  node_counter(out, view, "atoll_node_cache_bytes", "Bytes in the cache", Counter::CacheBytes);
}

}  // namespace

std::string metrics_text(const ApiView& view, const FrontDoorCounters& counters,
                         const DnsFeed* dns) {
  MetricsText out;
  front_door(out, counters);
  if (dns != nullptr) dns_metrics(out, *dns);
  fleet_state(out, view);
  node_statistics(out, view);
  return std::move(out).take();
}

}  // namespace atl::control
