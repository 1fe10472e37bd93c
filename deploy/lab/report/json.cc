#include "deploy/lab/report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace atl::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kCdfPoints = 60;

// Rounded to a microsecond and to a millionth: digits beyond are noise.
double ms(double us) { return std::round(us) / 1000; }
double ratio(double value) { return std::round(value * 1e6) / 1e6; }

Json latency_of(const Histogram& histogram) {
  const auto at = [&](double q) { return ms(histogram.quantile_us(q)); };
  return {{"mean", ms(histogram.mean_us())},
          {"p50", at(0.5)},
          {"p75", at(0.75)},
          {"p90", at(0.9)},
          {"p95", at(0.95)},
          {"p99", at(0.99)},
          {"p999", at(0.999)},
          {"max", ms(static_cast<double>(histogram.max_us()))}};
}

Json stats_of(const Stats& stats) {
  Json cdf = Json::array();
  for (const auto& [us, fraction] : stats.first_byte.cdf(kCdfPoints)) {
    cdf.push_back({ms(us), ratio(fraction)});
  }
  return {{"requests", stats.requests},
          {"hits", stats.hits},
          {"stale", stats.stale},
          {"misses", stats.misses},
          {"errors", stats.errors},
          {"hit_ratio", ratio(stats.hit_ratio())},
          {"byte_hit_ratio", ratio(stats.byte_hit_ratio())},
          {"bytes", stats.bytes},
          {"latency_ms", latency_of(stats.first_byte)},
          {"transfer_ms", latency_of(stats.complete)},
          {"cdf", std::move(cdf)}};
}

Json timeline_of(const RunOutcome& run) {
  Json requests = Json::array();
  Json hits = Json::array();
  Json errors = Json::array();
  Json stale = Json::array();
  Json fetches = Json::array();
  Json p50 = Json::array();
  Json p95 = Json::array();
  for (const Step& step : run.steps) {
    requests.push_back(step.requests);
    hits.push_back(step.hits);
    errors.push_back(step.errors);
    stale.push_back(step.stale);
    fetches.push_back(step.origin_fetches);
    const bool any = step.first_byte.count() != 0;
    p50.push_back(any ? Json(ms(step.first_byte.quantile_us(0.5))) : Json());
    p95.push_back(any ? Json(ms(step.first_byte.quantile_us(0.95))) : Json());
  }
  return {{"step_s", run.step_s},      {"requests", std::move(requests)},
          {"hits", std::move(hits)},   {"errors", std::move(errors)},
          {"stale", std::move(stale)}, {"origin_fetches", std::move(fetches)},
          {"p50_ms", std::move(p50)},  {"p95_ms", std::move(p95)}};
}

Json run_of(const Report& report, const RunOutcome& run) {
  Json regions = Json::array();
  for (size_t i = 0; i < run.regions.size(); ++i) {
    Json flows = Json::object();
    for (size_t pop = 0; pop < run.pops.size(); ++pop) {
      if (run.flows[i][pop] != 0) flows[report.pops[pop].id] = run.flows[i][pop];
    }
    regions.push_back({{"id", report.regions[i].id},
                       {"stats", stats_of(run.regions[i])},
                       {"pops", std::move(flows)}});
  }
  Json pops = Json::array();
  for (size_t i = 0; i < run.pops.size(); ++i) {
    const PopOutcome& pop = run.pops[i];
    pops.push_back({{"id", report.pops[i].id},
                    {"stats", stats_of(pop.stats)},
                    {"objects", pop.objects},
                    {"bytes", pop.bytes},
                    {"evictions", pop.evictions}});
  }
  Json parameters = {{"cdn", run.cdn}};
  if (run.cdn) {
    parameters["routing"] = run.routing;
    parameters["policy"] = run.policy;
    parameters["cache_bytes"] = run.cache_bytes;
    parameters["shield"] = run.shield.empty() ? Json(false) : Json(run.shield);
    parameters["flights"] = run.flights;
  }
  Json json = {{"id", run.id},
               {"title", run.title},
               {"parameters", std::move(parameters)},
               {"total", stats_of(run.total())},
               {"regions", std::move(regions)},
               {"pops", std::move(pops)},
               {"timeline", timeline_of(run)},
               {"origin",
                {{"fetches", run.origin_fetches},
                 {"bytes", run.origin_bytes},
                 {"offload", ratio(run.offload())}}}};
  if (run.lateness) {
    json["lateness_ms"] = {{"relay", latency_of(run.lateness->relay)},
                           {"requests", latency_of(run.lateness->requests)}};
  }
  return json;
}

Json place_of(const ReportPlace& place) {
  return {{"id", place.id},
          {"city", place.city},
          {"latitude", place.at.latitude},
          {"longitude", place.at.longitude}};
}

Json sweep_of(const Report& report) {
  if (!report.sweep) return {};
  Json points = Json::array();
  for (const SweepPoint& point : report.sweep->points) {
    for (const RunOutcome& run : report.runs) {
      if (run.id != point.run) continue;
      const Stats total = run.total();
      points.push_back({{"value", point.value},
                        {"run", point.run},
                        {"hit_ratio", ratio(total.hit_ratio())},
                        {"byte_hit_ratio", ratio(total.byte_hit_ratio())}});
    }
  }
  return {{"parameter", report.sweep->parameter},
          {"title", report.sweep->title},
          {"unit", report.sweep->unit},
          {"points", std::move(points)}};
}

Json links_of(const Report& report) {
  if (!report.live) return {};
  Json links = Json::array();
  for (const LinkProof& link : report.links) {
    links.push_back({{"from", link.from},
                     {"to", link.to},
                     {"asked_ms", ms(link.asked_ms * 1000)},
                     {"measured_ms", ms(link.measured_ms * 1000)}});
    if (link.connecting) {
      links.back()["connecting_asked_ms"] = ms(link.connecting->asked_ms * 1000);
      links.back()["connecting_measured_ms"] = ms(link.connecting->measured_ms * 1000);
    }
  }
  return links;
}

}  // namespace

std::string report_json(const Report& report) {
  Json regions = Json::array();
  for (const ReportPlace& place : report.regions) regions.push_back(place_of(place));
  Json pops = Json::array();
  for (const ReportPlace& place : report.pops) {
    pops.push_back(place_of(place));
    pops.back()["capacity_bytes"] = place.capacity_bytes;
  }
  Json runs = Json::array();
  for (const RunOutcome& run : report.runs) runs.push_back(run_of(report, run));
  Json events = Json::array();
  for (const ReportEvent& event : report.events) {
    events.push_back({{"at_s", event.at_s}, {"kind", event.kind}, {"title", event.title}});
  }
  const Json whole = {{"schema", 1},
                      {"scenario",
                       {{"name", report.name},
                        {"title", report.title},
                        {"description", report.description},
                        {"seed", report.seed},
                        {"mode", report.live ? "live" : "simulated"},
                        {"duration_s", report.duration_s},
                        {"source", report.source}}},
                      {"atoll", report.version},
                      {"regions", std::move(regions)},
                      {"pops", std::move(pops)},
                      {"runs", std::move(runs)},
                      {"events", std::move(events)},
                      {"sweep", sweep_of(report)},
                      {"links", links_of(report)},
                      {"notes", report.notes}};
  // The file's own name need not be UTF-8.
  return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace atl::lab
