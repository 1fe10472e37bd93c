#include "control-plane/frontdoor/page.h"

#include <fmt/format.h>

#include <iterator>

namespace atl::control {
namespace {

constexpr std::string_view kHead =
    R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>Atoll</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#123}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #dde}
th{font-weight:600;color:#567}
.n{text-align:right;font-variant-numeric:tabular-nums}
.active{color:#0a6b3d}.down{color:#a31515}.not-serving{color:#8a5a00}
a{color:#0b5394}
</style></head><body><h1>Atoll</h1>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

struct Sums {
  double requests_per_second = 0;
  double megabits_per_second = 0;
  uint64_t requests = 0;
  uint64_t from_cache = 0;  // of these, answered without the origin's body
};

Sums sum(const Fleet& fleet, const PopConfig& pop) {
  Sums sums;
  for (const NodeRecord* record : fleet.nodes_of(pop.id)) {
    if (!record->statistics) continue;
    const NodeStatistics& statistics = *record->statistics;
    sums.requests += statistics.requests();
    sums.from_cache += statistics[Counter::Hits] + statistics[Counter::Stale] +
                       statistics[Counter::Revalidated] + statistics[Counter::Collapsed];
    if (fleet.state(*record) == NodeState::Down) continue;
    for (size_t i = 0; i < static_cast<size_t>(Counter::BytesOut); ++i) {
      sums.requests_per_second += record->rates[i];
    }
    sums.megabits_per_second += record->rates[static_cast<size_t>(Counter::BytesOut)] * 8 / 1e6;
  }
  return sums;
}

std::string hit_ratio(const Sums& sums) {
  if (sums.requests == 0) return "–";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(sums.from_cache) /
                                     static_cast<double>(sums.requests));
}

}  // namespace

Reply status_page(const ApiView& view) {
  std::string html(kHead);
  const auto out = std::back_inserter(html);
  fmt::format_to(out, "<p>{} Configuration {}.</p>\n",
                 ready(view) ? "Every PoP takes requests." : "Not every PoP takes requests.",
                 view.fleet.snapshot_version());
  if (!view.controller.problem().empty()) {
    fmt::format_to(out, "<p class=\"down\">The last reload was refused:</p><pre>{}</pre>\n",
                   escaped(view.controller.problem()));
  }
  html +=
      "<table><tr><th>PoP</th><th>City</th><th>State</th><th>Address</th><th class=\"n\">Requests/s"
      "</th><th class=\"n\">Mbit/s</th><th class=\"n\">Requests</th><th class=\"n\">From "
      "cache</th></tr>\n";
  for (const PopConfig& pop : view.controller.site()->config().pops) {
    const Sums sums = sum(view.fleet, pop);
    const std::string_view state = to_string(view.fleet.pop_state(pop.id));
    const std::string endpoint = escaped(pop.endpoints.front());
    fmt::format_to(out,
                   "<tr><td>{}</td><td>{}</td><td class=\"{}\">{}</td><td><a href=\"http://{}/\">{}"
                   "</a></td><td class=\"n\">{:.0f}</td><td class=\"n\">{:.1f}</td>"
                   "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                   escaped(pop.id), escaped(pop.city), state, state, endpoint, endpoint,
                   sums.requests_per_second, sums.megabits_per_second, sums.requests,
                   hit_ratio(sums));
  }
  html +=
      "</table><p>As data: <a href=\"/v1/status\">/v1/status</a>, <a href=\"/v1/config\">/v1/config"
      "</a>, <a href=\"/metrics\">/metrics</a></p></body></html>\n";
  return {200, std::move(html), "text/html; charset=utf-8",
          "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"};
}

}  // namespace atl::control
