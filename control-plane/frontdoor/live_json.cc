#include "control-plane/frontdoor/live_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "control-plane/frontdoor/query.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kOutcomes = static_cast<size_t>(Counter::BytesOut);

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Json rounded(double value) { return std::round(value * 10) / 10; }

Json quantile_json(const Latencies& latencies, double quantile) {
  return count_of(latencies) == 0 ? Json(nullptr) : Json(quantile_us(latencies, quantile));
}

// Calls `put(name, value)` for every figure of a point that covers `seconds`; null values without
// one.
template <class Put>
void for_each_figure(const std::optional<Point>& point, double seconds, const Put& put) {
  const auto figure = [&](auto make) { return point ? Json(make(*point)) : Json(nullptr); };
  const auto rate = [&](std::string_view name, auto count) {
    put(name,
        figure([&](const Point& p) { return rounded(static_cast<double>(count(p)) / seconds); }));
  };
  rate("requests", [](const Point& p) { return p.requests(); });
  for (size_t i = 0; i < kFirstGauge; ++i) {
    rate(kCounterNames[i], [i](const Point& p) { return p.counts[i]; });
  }
  for (size_t i = kFirstGauge; i < kCounters; ++i) {
    put(kCounterNames[i], figure([i](const Point& p) { return p.counts[i]; }));
  }
  const Latencies all = point ? merged(point->ttfb_hit, point->ttfb_miss) : Latencies{};
  const Latencies hit = point ? point->ttfb_hit : Latencies{};
  const Latencies miss = point ? point->ttfb_miss : Latencies{};
  put("p50_us", quantile_json(all, 0.5));
  put("p95_us", quantile_json(all, 0.95));
  put("p99_us", quantile_json(all, 0.99));
  put("hit_p50_us", quantile_json(hit, 0.5));
  put("hit_p99_us", quantile_json(hit, 0.99));
  put("miss_p50_us", quantile_json(miss, 0.5));
  put("miss_p99_us", quantile_json(miss, 0.99));
}

void put_figures(Json& json, const std::optional<Point>& point) {
  for_each_figure(point, 1.0, [&](std::string_view name, Json value) {
    json[std::string(name)] = std::move(value);
  });
}

Json pop_json(const ApiView& view, const History& history, const PopConfig& pop) {
  uint64_t connections = 0;
  uint64_t in_flight = 0;
  uint64_t cpu = 0;
  uint64_t capacity = 0;
  size_t nodes = 0;
  for (const NodeRecord* record : view.fleet.nodes_of(pop.id)) {
    if (view.fleet.state(*record) == NodeState::Down) continue;
    ++nodes;
    connections += record->health.connections;
    in_flight += record->health.requests_in_flight;
    cpu += record->health.cpu_millicores;
    capacity += record->hello.cache_capacity;
  }
  Json json{{"id", pop.id},
            {"state", to_string(view.fleet.pop_state(pop.id))},
            {"nodes", nodes},
            {"connections", connections},
            {"requests_in_flight", in_flight},
            {"cpu_millicores", cpu},
            {"cache_capacity", capacity}};
  put_figures(json, history.latest(pop.id));
  return json;
}

// Upper bound in microseconds and count of every bucket that has any.
Json histogram_json(const Latencies& latencies) {
  Json json = Json::array();
  for (size_t i = 0; i < latencies.buckets.size(); ++i) {
    if (latencies.buckets[i] == 0) continue;
    json.push_back({bucket_upper_us(i), latencies.buckets[i]});
  }
  return json;
}

double mean_us(const Latencies& latencies) {
  const uint64_t count = count_of(latencies);
  return count == 0 ? 0 : static_cast<double>(latencies.sum_us) / static_cast<double>(count);
}

// How much longer the clients of the point's hits would have waited for a miss, which takes as long
// as misses took on average over the window; per second.
Json time_saved(const std::optional<Point>& point, double mean_miss_us, double seconds) {
  if (!point || mean_miss_us == 0) return nullptr;
  const double as_misses = static_cast<double>(count_of(point->ttfb_hit)) * mean_miss_us;
  const double as_hits = static_cast<double>(point->ttfb_hit.sum_us);
  return rounded(std::max(0.0, as_misses - as_hits) / 1000 / seconds);
}

Json series_json(const Track::Series& series) {
  const auto seconds = static_cast<double>(series.step.count());
  Point whole;
  for (const auto& point : series.points) {
    if (point) append(whole, *point);
  }
  Json columns = Json::object();
  for (const auto& point : series.points) {
    for_each_figure(point, seconds, [&](std::string_view name, Json value) {
      columns[std::string(name)].push_back(std::move(value));
    });
    columns["origin_time_saved_ms"].push_back(time_saved(point, mean_us(whole.ttfb_miss), seconds));
  }
  return {{"step_ms", series.step.count() * 1000},
          {"first_ms", series.first * 1000},
          {"columns", std::move(columns)},
          {"ttfb_hit", histogram_json(whole.ttfb_hit)},
          {"ttfb_miss", histogram_json(whole.ttfb_miss)}};
}

}  // namespace

std::string layout_json(const ApiView& view) {
  Json json{{"version", view.version},
            {"snapshot_version", view.fleet.snapshot_version()},
            {"configuration_problem", view.controller.problem()},
            {"pops", Json::array()}};
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    json["pops"].push_back(place_json(pop));
  }
  return one_line(json);
}

std::string sample_json(const ApiView& view, const History& history) {
  Json json{{"time_ms", history.last_second() * 1000},
            {"step_ms", 1000},
            {"total", Json::object()},
            {"pops", Json::array()}};
  put_figures(json["total"], history.latest({}));
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    json["pops"].push_back(pop_json(view, history, pop));
  }
  return one_line(json);
}

Reply series_reply(const History& history, std::string_view query) {
  const std::string name = parameter(query, "window").value_or("5m");
  const auto window = parse_window(name);
  if (!window) return error_reply(400, "window is one of 1m, 5m, 1h, 6h and 24h");
  const auto pop = parameter(query, "pop");
  if (pop && pop->empty()) return error_reply(400, "pop names one, or is left out for all");
  const auto series = history.series(pop.value_or(""), *window);
  if (!series) return error_reply(404, fmt::format("there is no PoP \"{}\"", *pop));
  Json json{{"window", to_string(*window)}, {"pop", pop ? Json(*pop) : Json(nullptr)}};
  json.update(series_json(*series));
  return {200, one_line(json) + "\n", "application/json", {}};
}

}  // namespace atl::control
