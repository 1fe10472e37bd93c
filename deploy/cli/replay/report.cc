#include "deploy/cli/replay/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

PopTally total_of(const Tally& tally) {
  PopTally total;
  for (const PopTally& pop : tally.pops) total.merge(pop);
  return total;
}

double rate(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::vector<std::string> row_of(const std::string& name, const PopTally& pop, double seconds) {
  return {name,
          grouped(pop.requests),
          fmt::format("{:.0f}", rate(pop.requests, seconds)),
          fmt::format("{:.1f}", rate(pop.bytes, seconds) / 1e6),
          percent(pop.hit_ratio()),
          percent(pop.byte_hit_ratio()),
          grouped(pop.revalidated),
          grouped(pop.collapsed),
          grouped(pop.errors),
          duration_text(pop.first_byte.quantile(0.5)),
          duration_text(pop.first_byte.quantile(0.99)),
          duration_text(pop.complete.quantile(0.5)),
          duration_text(pop.complete.quantile(0.99))};
}

nlohmann::ordered_json json_of(const PopTally& pop, double seconds) {
  return {
      {"requests", pop.requests},
      {"requests_per_second", rate(pop.requests, seconds)},
      {"hits", pop.hits},
      {"revalidated", pop.revalidated},
      {"collapsed", pop.collapsed},
      {"forwarded", pop.forwarded},
      {"unlabelled", pop.unlabelled},
      {"errors", pop.errors},
      {"bytes", pop.bytes},
      {"hit_bytes", pop.hit_bytes},
      {"hit_ratio", pop.hit_ratio()},
      {"byte_hit_ratio", pop.byte_hit_ratio()},
      {"first_byte_us",
       {{"p50", pop.first_byte.quantile(0.5)}, {"p99", pop.first_byte.quantile(0.99)}}},
      {"complete_us", {{"p50", pop.complete.quantile(0.5)}, {"p99", pop.complete.quantile(0.99)}}}};
}

}  // namespace

std::string report_text(const ReplayResult& result) {
  const PopTally total = total_of(result.tally);
  std::vector<std::vector<std::string>> rows{{"pop", "requests", "req/s", "MB/s", "hits",
                                              "byte hits", "reval.", "joined", "errors", "ttfb p50",
                                              "p99", "done p50", "p99"}};
  for (size_t i = 0; i < result.plan.pops.size(); ++i) {
    rows.push_back(row_of(result.plan.pops[i].name, result.tally.pops[i], result.seconds));
  }
  rows.push_back(row_of("all", total, result.seconds));
  std::string out = table(rows, "l");
  out += fmt::format("\n{} requests in {}, {:.2f} GB of bodies\n", grouped(total.requests),
                     duration_text(static_cast<uint64_t>(result.seconds * 1e6)),
                     static_cast<double>(total.bytes) / 1e9);
  if (total.unlabelled != 0) {
    out += fmt::format("{} answers had no Cache-Status: neither hits nor misses\n",
                       grouped(total.unlabelled));
  }
  if (!result.ended_early.empty()) out += "Ended early: " + result.ended_early + "\n";
  if (result.tally.errors.empty()) return out + "No errors\n";
  out += "\nErrors\n";
  for (const auto& [kind, error] : result.tally.errors) {
    out += fmt::format("  {:>8}  {}; the first: {}\n", grouped(error.count), kind, error.example);
  }
  return out;
}

std::string report_json(const ReplayResult& result) {
  nlohmann::ordered_json pops = nlohmann::ordered_json::object();
  for (size_t i = 0; i < result.plan.pops.size(); ++i) {
    pops[result.plan.pops[i].name] = json_of(result.tally.pops[i], result.seconds);
  }
  nlohmann::ordered_json errors = nlohmann::ordered_json::array();
  for (const auto& [kind, error] : result.tally.errors) {
    errors.push_back({{"kind", kind}, {"count", error.count}, {"example", error.example}});
  }
  nlohmann::ordered_json clients = nlohmann::ordered_json::object();
  for (const Client& client : result.plan.clients) {
    if (!client.address.empty()) clients[client.address] = result.plan.pops[client.pop].name;
  }
  const nlohmann::ordered_json document{{"seconds", result.seconds},
                                        {"ended_early", result.ended_early},
                                        {"total", json_of(total_of(result.tally), result.seconds)},
                                        {"pops", pops},
                                        {"clients", clients},
                                        {"errors", errors}};
  return document.dump(2) + "\n";
}

}  // namespace atl::cli
