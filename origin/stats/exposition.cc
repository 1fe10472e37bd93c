#include "origin/stats/exposition.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/metrics.h"

namespace atl::origin {
namespace {

uint64_t read(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

// The two are not read at one moment.
uint64_t in_flight(const SourceCounters& counters) {
  uint64_t ended = 0;
  for (const auto& count : counters.ended) ended += read(count);
  const uint64_t begun = read(counters.begun);
  return begun > ended ? begun - ended : 0;
}

void write_head_times(MetricsText& out, const std::string& source, const SourceCounters& counters) {
  constexpr std::string_view kBucket = "atoll_origin_head_seconds_bucket";
  uint64_t total = 0;
  for (size_t i = 0; i < SourceCounters::kBounds.size(); ++i) {
    total += read(counters.head_times[i]);
    const double seconds = static_cast<double>(SourceCounters::kBounds[i].count()) / 1e6;
    out.value(kBucket, {{"source", source}, {"le", fmt::format("{:g}", seconds)}}, total);
  }
  total += read(counters.head_times.back());
  out.value(kBucket, {{"source", source}, {"le", "+Inf"}}, total);
  out.value("atoll_origin_head_seconds_sum", {{"source", source}},
            static_cast<double>(read(counters.head_time_sum_us)) / 1e6);
  out.value("atoll_origin_head_seconds_count", {{"source", source}}, total);
}

}  // namespace

std::string write_metrics(CountedService& service) {
  MetricsText out;
  out.counter("atoll_origin_exchanges_total", "Exchanges with edges, by how they ended");
  for (const auto& [source, counters] : service.sources()) {
    for (size_t i = 0; i < kEndings; ++i) {
      out.value("atoll_origin_exchanges_total",
                {{"source", source}, {"ending", to_string(static_cast<Ending>(i))}},
                read(counters.ended[i]));
    }
  }
  out.gauge("atoll_origin_exchanges_in_flight", "Exchanges with edges under way");
  for (const auto& [source, counters] : service.sources()) {
    out.value("atoll_origin_exchanges_in_flight", {{"source", source}}, in_flight(counters));
  }
  out.counter("atoll_origin_sent_bytes_total", "Response body bytes to edges");
  for (const auto& [source, counters] : service.sources()) {
    out.value("atoll_origin_sent_bytes_total", {{"source", source}}, read(counters.sent_bytes));
  }
  out.histogram("atoll_origin_head_seconds", "Time from the request to the head of its answer");
  for (const auto& [source, counters] : service.sources()) write_head_times(out, source, counters);
  out.gauge("atoll_origin_source_ready", "1 when the source can answer");
  for (const rpc::SourceStatus& source : service.describe()) {
    out.value("atoll_origin_source_ready", {{"source", source.name}},
              uint64_t{source.ready ? 1U : 0U});
  }
  out.counter("atoll_origin_unknown_sources_total", "Exchanges for sources that are not there");
  out.value("atoll_origin_unknown_sources_total", {}, service.unknown());
  return std::move(out).take();
}

}  // namespace atl::origin
