#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "deploy/cli/fleet/fleet.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

struct StatsCommand {
  Common common;
  std::string window = "5m";
  std::string pop;
};

// A column per second over steps: what there was of it. Seconds without a reading count as none.
double sum_of(const JsonValue& columns, const char* name, double step_s) {
  double sum = 0;
  for (const JsonValue& value : list_at(columns, name)) {
    if (value.is_number()) sum += value.get<double>() * step_s;
  }
  return sum;
}

// Of [[upper bound in us, count], ...]: "-" without any.
std::string quantile_text(const JsonValue& histogram, double quantile) {
  const auto part = [](const JsonValue& bucket, size_t i) -> uint64_t {
    const bool good = bucket.is_array() && bucket.size() == 2 && bucket[i].is_number_unsigned();
    return good ? bucket[i].get<uint64_t>() : 0;
  };
  uint64_t all = 0;
  for (const JsonValue& bucket : histogram) all += part(bucket, 1);
  if (all == 0) return "-";
  const auto rank = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(all)));
  uint64_t seen = 0;
  for (const JsonValue& bucket : histogram) {
    seen += part(bucket, 1);
    if (seen >= rank) return duration_text(part(bucket, 0));
  }
  return "-";
}

std::string whole(double count) { return grouped(static_cast<uint64_t>(std::llround(count))); }

}  // namespace

std::string stats_text(const JsonValue& answer) {
  const JsonValue& columns = object_at(answer, "columns");
  const double step_s = static_cast<double>(number_at(answer, "step_ms")) / 1000;
  const auto sum = [&](const char* name) { return sum_of(columns, name, step_s); };
  const double requests = sum("requests");
  const std::string pop = text_at(answer, "pop");
  std::string text =
      fmt::format("{} over the last {}: {} requests\n\n", pop.empty() ? "All PoPs" : pop,
                  text_at(answer, "window"), whole(requests));
  std::vector<std::vector<std::string>> outcomes{{"answered", "requests", "share"}};
  for (const char* name :
       {"hits", "stale", "revalidated", "collapsed", "misses", "bypassed", "errors", "refused"}) {
    const double count = sum(name);
    outcomes.push_back({name, whole(count), requests > 0 ? percent(count / requests) : "-"});
  }
  text += table(outcomes, "l") + "\n";
  const double out = sum("bytes_out");
  const std::vector<std::vector<std::string>> bytes{
      {"bytes", "MB", "share"},
      {"to clients", fmt::format("{:.1f}", out / 1e6), ""},
      {"of these from the cache", fmt::format("{:.1f}", sum("bytes_from_cache") / 1e6),
       out > 0 ? percent(sum("bytes_from_cache") / out) : "-"},
      {"from origins", fmt::format("{:.1f}", sum("bytes_in") / 1e6), ""}};
  text += table(bytes, "l") + "\n";
  std::vector<std::vector<std::string>> latencies{{"first byte", "p50", "p95", "p99"}};
  for (const auto& [label, key] :
       {std::pair("hits", "ttfb_hit"), std::pair("misses", "ttfb_miss")}) {
    const JsonValue& histogram = list_at(answer, key);
    latencies.push_back({label, quantile_text(histogram, 0.5), quantile_text(histogram, 0.95),
                         quantile_text(histogram, 0.99)});
  }
  return text + table(latencies, "l");
}

void add_stats(CLI::App& app, Run& run) {
  auto command = std::make_shared<StatsCommand>();
  CLI::App& sub = *app.add_subcommand("stats", "Requests, bytes and latencies of a time");
  sub.add_option("--window", command->window, "How far back: 1m, 5m, 1h, 6h or 24h")
      ->check(CLI::IsMember({"1m", "5m", "1h", "6h", "24h"}))
      ->capture_default_str();
  sub.add_option("--pop", command->pop, "Only this one");
  add_common(sub, command->common);
  sub.callback([&run, command] {
    run = [command] {
      std::string path = "/v1/series?window=" + command->window;
      if (!command->pop.empty()) path += "&pop=" + encoded(command->pop);
      return show("stats", command->common, path, stats_text);
    };
  });
}

}  // namespace atl::cli
