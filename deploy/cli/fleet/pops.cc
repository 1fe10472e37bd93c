#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "deploy/cli/fleet/fleet.h"
#include "deploy/cli/fleet/order.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

std::vector<std::string> row_of(const JsonValue& pop) {
  double requests = 0;
  double from_cache = 0;
  double bytes = 0;
  uint64_t connections = 0;
  uint64_t cached = 0;
  size_t alive = 0;
  for (const JsonValue& node : list_at(pop, "nodes")) {
    const JsonValue& rates = object_at(node, "per_second");
    requests += real_at(rates, "requests");
    for (const char* outcome : {"hits", "stale", "revalidated", "collapsed"}) {
      from_cache += real_at(rates, outcome);
    }
    bytes += real_at(rates, "bytes_out");
    cached += number_at(object_at(node, "statistics"), "cache_bytes");
    if (text_at(node, "state") == "down") continue;
    ++alive;
    connections += number_at(node, "connections");
  }
  return {text_at(pop, "id"),
          text_at(pop, "city"),
          text_at(pop, "state"),
          joined(list_at(pop, "endpoints")),
          fmt::format("{} of {}", alive, list_at(pop, "nodes").size()),
          fmt::format("{:.1f}", requests),
          requests > 0 ? percent(from_cache / requests) : "-",
          fmt::format("{:.2f}", bytes / 1e6),
          grouped(connections),
          fmt::format("{:.1f}", static_cast<double>(cached) / 1e6)};
}

}  // namespace

std::string pops_text(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows{{"pop", "city", "state", "address", "nodes", "req/s",
                                              "hits", "MB/s", "connections", "MB cached"}};
  for (const JsonValue& pop : list_at(answer, "pops")) rows.push_back(row_of(pop));
  return table(rows, "lllll");
}

void add_pops(CLI::App& app, Run& run) {
  auto common = std::make_shared<Common>();
  CLI::App& sub = *app.add_subcommand("pops", "The PoPs, their state and their load");
  add_common(sub, *common);
  add_orders(sub, run);
  sub.callback([&sub, &run, common] {
    if (!sub.get_subcommands().empty()) return;
    run = [common] { return show("pops", *common, "/v1/pops", pops_text); };
  });
}

}  // namespace atl::cli
