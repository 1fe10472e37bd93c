#include "edge/stats/exposition.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lib/base/metrics.h"

namespace atl::edge {
namespace {

void write_histogram(MetricsText& out, std::string_view kind, const Histogram& histogram) {
  static constexpr std::string_view kBucket = "atoll_edge_ttfb_seconds_bucket";
  uint64_t total = 0;
  // One border per octave is enough here; the control plane gets all of them.
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    total += histogram.buckets[i];
    if (i % 4 != 3 || i > 104) continue;
    const std::string border =
        fmt::format("{:g}", static_cast<double>(histogram_upper_bound(i)) / 1e6);
    out.value(kBucket, {{"answer", kind}, {"le", border}}, total);
  }
  out.value(kBucket, {{"answer", kind}, {"le", "+Inf"}}, total);
  out.value("atoll_edge_ttfb_seconds_sum", {{"answer", kind}},
            static_cast<double>(histogram.sum_us) / 1e6);
  out.value("atoll_edge_ttfb_seconds_count", {{"answer", kind}}, total);
}

void write_counters(MetricsText& out, const std::vector<const Counters*>& workers) {
  const auto infos = counter_infos();
  for (size_t i = 0; i < infos.size(); ++i) {
    const std::string name = fmt::format("atoll_edge_{}_total", infos[i].name);
    uint64_t total = 0;
    for (const Counters* counters : workers) total += counters->value(i);
    out.counter(name, infos[i].help);
    out.value(name, {}, total);
  }
  Histogram hit;
  Histogram miss;
  for (const Counters* counters : workers) {
    counters->ttfb_hit.add_to(hit);
    counters->ttfb_miss.add_to(miss);
  }
  out.histogram("atoll_edge_ttfb_seconds", "Time from request head to the answer's first byte");
  write_histogram(out, "hit", hit);
  write_histogram(out, "miss", miss);
}

void write_tls(MetricsText& out, const net::TlsStatistics& tls) {
  out.counter("atoll_edge_tls_handshakes_total", "TLS handshakes completed");
  out.value("atoll_edge_tls_handshakes_total", {{"kind", "full"}}, tls.handshakes - tls.resumed);
  out.value("atoll_edge_tls_handshakes_total", {{"kind", "resumed"}}, tls.resumed);
  out.counter("atoll_edge_tls_handshake_failures_total", "TLS handshakes that came to nothing");
  for (size_t i = 0; i < tls.failures.size(); ++i) {
    out.value("atoll_edge_tls_handshake_failures_total",
              {{"reason", net::to_string(static_cast<net::HandshakeFailure>(i))}}, tls.failures[i]);
  }
  out.gauge("atoll_edge_tls_handshakes_under_way", "TLS handshakes not yet completed");
  out.value("atoll_edge_tls_handshakes_under_way", {}, tls.under_way);
}

void write_disk(MetricsText& out, const disk::Tier::Statistics& disk) {
  struct Line {
    std::string_view name;
    std::string_view help;
    uint64_t value;
  };
  const Line gauges[] = {
      {"volumes", "Volumes configured", disk.volumes},
      {"volumes_failed", "Volumes left alone because they fail", disk.volumes_failed},
      {"volumes_loading", "Volumes whose index is being loaded", disk.volumes_loading},
      {"objects", "Stored responses on disk", disk.objects},
      {"capacity_bytes", "Bytes of all volumes", disk.capacity},
      {"index_bytes", "Memory that the index of the disk takes", disk.index_bytes},
      {"purge_rules", "Purges that records are held against", disk.purge_rules},
  };
  const Line counters[] = {
      {"reads", "Stored responses read", disk.hits},
      {"reads_missed", "Reads that found nothing sound or fitting", disk.reads_missed},
      {"reads_refused", "Reads not begun because too many waited", disk.reads_refused},
      {"served_bytes", "Body bytes of stored responses read", disk.bytes_served},
      {"read_bytes", "Bytes read", disk.bytes_read},
      {"written_bytes", "Bytes written", disk.bytes_written},
      {"records_written", "Stored responses written", disk.records_written},
      {"records_reinserted", "Stored responses kept when their region was reclaimed",
       disk.records_reinserted},
      {"regions_reclaimed", "Regions reclaimed for room", disk.regions_reclaimed},
      {"bad_records", "Records found damaged", disk.bad_records},
      {"io_errors", "Reads and writes that failed", disk.io_errors},
      {"writes_dropped", "Responses not written because the device was behind or failing",
       disk.writes_dropped},
      {"refused_large", "Responses not written because no region holds them", disk.too_large},
      {"refused_first", "Responses not written because nobody had asked for them before",
       disk.first_time},
      {"refused_budget", "Responses not written because the write budget was used up",
       disk.over_budget},
  };
  for (const Line& line : gauges) {
    const std::string name = fmt::format("atoll_edge_disk_{}", line.name);
    out.gauge(name, line.help);
    out.value(name, {}, line.value);
  }
  for (const Line& line : counters) {
    const std::string name = fmt::format("atoll_edge_disk_{}_total", line.name);
    out.counter(name, line.help);
    out.value(name, {}, line.value);
  }
}

void write_origins(MetricsText& out, const std::vector<OriginReport>& origins) {
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    out.gauge(name, help);
    for (const OriginReport& origin : origins) {
      out.value(name, {{"origin", origin.id}}, uint64_t{value(origin)});
    }
  };
  const auto counter = [&](std::string_view name, std::string_view help, auto value) {
    out.counter(name, help);
    for (const OriginReport& origin : origins) {
      out.value(name, {{"origin", origin.id}}, uint64_t{value(origin)});
    }
  };
  using Report = const OriginReport&;
  gauge("atoll_edge_origin_healthy", "1 unless the origin fails its health checks",
        [](Report r) { return r.healthy ? 1U : 0U; });
  gauge("atoll_edge_origin_breaker", "0 closed, 1 open, 2 half-open",
        [](Report r) { return static_cast<uint64_t>(r.breaker); });
  gauge("atoll_edge_origin_in_flight", "Exchanges with the origin under way",
        [](Report r) { return r.in_flight; });
  gauge("atoll_edge_origin_queued", "Fetches that wait for a place at the origin",
        [](Report r) { return r.queued; });
  counter("atoll_edge_origin_breaker_opened_total", "Times the origin's breaker opened",
          [](Report r) { return r.breaker_opened; });
  counter("atoll_edge_origin_probes_total", "Exchanges let through while half-open",
          [](Report r) { return r.probes; });
  constexpr std::string_view kRefused = "atoll_edge_origin_refused_total";
  out.counter(kRefused, "Exchanges with the origin that were not begun");
  for (Report r : origins) {
    out.value(kRefused, {{"origin", r.id}, {"reason", to_string(Refusal::BreakerOpen)}},
              r.refused_open);
    out.value(kRefused, {{"origin", r.id}, {"reason", to_string(Refusal::Unhealthy)}},
              r.refused_unhealthy);
    out.value(kRefused, {{"origin", r.id}, {"reason", to_string(Refusal::Busy)}}, r.refused_busy);
  }
}

}  // namespace

std::string write_metrics(const MetricsSource& source) {
  MetricsText out;
  write_counters(out, source.counters);
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    out.counter(name, help);
    out.value(name, {}, value);
  };
  const auto gauge = [&](std::string_view name, std::string_view help, uint64_t value) {
    out.gauge(name, help);
    out.value(name, {}, value);
  };
  gauge("atoll_edge_cache_objects", "Stored responses", source.store.objects);
  gauge("atoll_edge_cache_bytes", "Bytes the cache takes, its index included", source.store.bytes);
  gauge("atoll_edge_cache_capacity_bytes", "Bytes the cache may take", source.store.capacity);
  gauge("atoll_edge_cache_withheld_bytes", "Bytes of the capacity left to holes between objects",
        source.store.withheld);
  counter("atoll_edge_cache_evictions_total", "Stored responses evicted for room",
          source.store.evictions);
  counter("atoll_edge_cache_insertions_total", "Responses stored, replacements included",
          source.store.insertions);
  counter("atoll_edge_cache_removals_total", "Stored responses purged or invalidated",
          source.store.removals);
  if (source.disk) write_disk(out, *source.disk);
  write_origins(out, source.origins);
  gauge("atoll_edge_flights", "Fetches under way", source.flights);
  gauge("atoll_edge_retained_bytes", "Bytes kept for late readers of fetches under way",
        source.retained_bytes);
  gauge("atoll_edge_connections", "Client connections now", source.connections);
  counter("atoll_edge_connections_accepted_total", "Client connections accepted",
          source.connections_accepted);
  counter("atoll_edge_connections_timed_out_total", "Client connections ended by a deadline",
          source.connections_timed_out);
  gauge("atoll_edge_requests_in_flight", "Requests not yet answered completely",
        source.requests_in_flight);
  write_tls(out, source.tls);
  counter("atoll_edge_access_log_dropped_total", "Access log lines lost to a slow disk",
          source.access_dropped);
  gauge("atoll_edge_configuration_version", "Version of the configuration in force",
        source.routes_version);
  gauge("atoll_edge_serving", "1 while the node answers requests", source.serving ? 1 : 0);
  return std::move(out).take();
}

std::string write_status(const StatusSource& source) {
  const NodeStatistics& s = source.statistics;
  nlohmann::json origins = nlohmann::json::array();
  for (const OriginHealth& origin : source.health.origins) {
    origins.push_back(
        {{"id", origin.origin}, {"reachable", origin.reachable}, {"detail", origin.detail}});
  }
  const nlohmann::json status = {
      {"pop", source.pop},
      {"node", source.node},
      {"serving", source.health.serving},
      {"detail", source.health.detail},
      {"uptime_ms", source.uptime.count()},
      {"configuration_version", source.routes_version},
      {"workers", source.workers},
      {"connections", source.health.connections},
      {"requests_in_flight", source.health.requests_in_flight},
      {"origins", origins},
      {"cache",
       {{"objects", s.cache_objects},
        {"bytes", s.cache_bytes},
        {"capacity", source.cache_capacity},
        {"evictions", s.cache_evictions}}},
      {"disk",
       {{"objects", s.disk_objects},
        {"capacity", s.disk_capacity},
        {"hits", s.disk_hits},
        {"bytes_served", s.disk_bytes_served},
        {"bytes_written", s.disk_bytes_written},
        {"volumes_failed", s.disk_volumes_failed}}},
      {"requests",
       {{"hits", s.hits},
        {"stale", s.stale},
        {"revalidated", s.revalidated},
        {"misses", s.misses},
        {"collapsed", s.collapsed},
        {"bypassed", s.bypassed},
        {"errors", s.errors},
        {"refused", s.refused}}},
      {"bytes", {{"out", s.bytes_out}, {"from_cache", s.bytes_from_cache}, {"in", s.bytes_in}}},
  };
  return status.dump(2) + "\n";
}

}  // namespace atl::edge
