#include "deploy/cli/policies/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ranges>

#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;
constexpr std::string_view kPeersHeader = "trace,cache,object_hit_ratio,byte_hit_ratio";

using Ratio = double (lab::Replayed::*)() const;

std::pair<std::string, long> cell_of(const std::string& trace, double cache) {
  return {trace, std::lround(cache * 1e6)};
}

std::string share_text(double cache) { return fmt::format("{:g} %", cache * 100); }

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 1)) {
    return std::nullopt;
  }
  return value;
}

// One row for each cell: the policies, the best of them, and what a peer reaches.
Rows ratio_table(const PolicyReport& report, Ratio ratio, bool bytes) {
  Rows rows{{"trace", "cache"}};
  rows[0].insert(rows[0].end(), report.policies.begin(), report.policies.end());
  rows[0].emplace_back("best");
  if (!report.peers.empty()) rows[0].emplace_back("best peer");
  const size_t columns = report.policies.size();
  std::vector<double> sums(columns);
  double best_sum = 0;
  double peer_sum = 0;
  size_t cells = 0;
  bool all_peers = true;
  for (size_t at = 0; at + columns <= report.runs.size(); at += columns, ++cells) {
    const PolicyRun& first = report.runs[at];
    std::vector<std::string> row{first.trace, share_text(first.cache)};
    double best = 0;
    for (size_t i = 0; i < columns; ++i) {
      const double value = (report.runs[at + i].result.*ratio)();
      row.push_back(fmt::format("{:.3f}", value));
      sums[i] += value;
      best = std::max(best, value);
    }
    row.push_back(fmt::format("{:.3f}", best));
    best_sum += best;
    const auto peer = report.peers.find(cell_of(first.trace, first.cache));
    const auto reached = peer == report.peers.end() ? std::nullopt
                         : bytes                    ? peer->second.byte_hit_ratio
                                                    : std::optional(peer->second.object_hit_ratio);
    all_peers = all_peers && reached;
    peer_sum += reached.value_or(0);
    if (reached) row.push_back(fmt::format("{:.3f}", *reached));
    rows.push_back(std::move(row));
  }
  std::vector<std::string> mean{"mean", ""};
  const auto n = static_cast<double>(std::max<size_t>(cells, 1));
  for (const double sum : sums) mean.push_back(fmt::format("{:.4f}", sum / n));
  mean.push_back(fmt::format("{:.4f}", best_sum / n));
  if (!report.peers.empty() && all_peers) mean.push_back(fmt::format("{:.4f}", peer_sum / n));
  rows.push_back(std::move(mean));
  return rows;
}

// Of the traces with sizes only, bytes tell more than requests do; all are shown alike.
Rows cost_table(const PolicyReport& report) {
  Rows rows{{"policy", "ns a hit", "ns a miss", "bytes an object"}};
  for (const std::string& policy : report.policies) {
    std::vector<double> hit;
    std::vector<double> miss;
    double metadata = 0;
    for (const PolicyRun& run : report.runs) {
      if (run.policy != policy) continue;
      hit.push_back(run.result.hit_ns);
      miss.push_back(run.result.miss_ns);
      metadata = std::max(metadata, run.result.metadata_per_object);
    }
    const auto median = [](std::vector<double>& v) {
      if (v.empty()) return 0.0;
      std::ranges::sort(v);
      return v[v.size() / 2];
    };
    rows.push_back({policy, fmt::format("{:.0f}", median(hit)), fmt::format("{:.0f}", median(miss)),
                    fmt::format("{:.1f}", metadata)});
  }
  return rows;
}

std::string text_of(const PolicyReport& report) {
  return "Object hit ratio\n" +
         table(ratio_table(report, &lab::Replayed::object_hit_ratio, false), "ll") +
         "\nByte hit ratio\n" +
         table(ratio_table(report, &lab::Replayed::byte_hit_ratio, true), "ll") +
         "\nCost in the policy (medians over the cells; bytes: the most)\n" +
         table(cost_table(report), "l");
}

std::string csv_of(const PolicyReport& report) {
  std::string out =
      "trace,cache,policy,requests,hits,object_hit_ratio,bytes,hit_bytes,byte_hit_ratio,hit_ns,"
      "miss_ns,metadata_per_object\n";
  for (const PolicyRun& run : report.runs) {
    const lab::Replayed& r = run.result;
    out += fmt::format("{},{},{},{},{},{:.6f},{},{},{:.6f},{:.1f},{:.1f},{:.1f}\n", run.trace,
                       run.cache, run.policy, r.requests, r.hits, r.object_hit_ratio(), r.bytes,
                       r.hit_bytes, r.byte_hit_ratio(), r.hit_ns, r.miss_ns, r.metadata_per_object);
  }
  return out;
}

std::string json_of(const PolicyReport& report) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const PolicyRun& run : report.runs) {
    const lab::Replayed& r = run.result;
    nlohmann::ordered_json one{{"trace", run.trace},
                               {"cache", run.cache},
                               {"policy", run.policy},
                               {"requests", r.requests},
                               {"hits", r.hits},
                               {"object_hit_ratio", r.object_hit_ratio()},
                               {"bytes", r.bytes},
                               {"hit_bytes", r.hit_bytes},
                               {"byte_hit_ratio", r.byte_hit_ratio()},
                               {"hit_ns", r.hit_ns},
                               {"miss_ns", r.miss_ns},
                               {"metadata_per_object", r.metadata_per_object}};
    if (const auto peer = report.peers.find(cell_of(run.trace, run.cache));
        peer != report.peers.end()) {
      one["best_peer"] = {{"object_hit_ratio", peer->second.object_hit_ratio}};
      if (peer->second.byte_hit_ratio) {
        one["best_peer"]["byte_hit_ratio"] = *peer->second.byte_hit_ratio;
      }
    }
    runs.push_back(std::move(one));
  }
  // Trace names come from file names, which need not be UTF-8.
  return nlohmann::ordered_json{{"runs", std::move(runs)}}.dump(
             2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

std::vector<std::string_view> cells(std::string_view line) {
  std::vector<std::string_view> out;
  for (const auto part : std::views::split(line, ',')) out.emplace_back(part.begin(), part.end());
  return out;
}

}  // namespace

Outcome<Peers> parse_peers(std::string_view text) {
  Peers peers;
  size_t number_of_line = 0;
  for (const auto part : std::views::split(text, '\n')) {
    const std::string_view line(part.begin(), part.end());
    ++number_of_line;
    if (line.empty()) continue;
    if (number_of_line == 1) {
      if (line == kPeersHeader) continue;
      return std::unexpected(fmt::format("line 1: expected {}", kPeersHeader));
    }
    const auto at = cells(line);
    const auto cache = at.size() == 4 ? number(at[1]) : std::nullopt;
    const auto objects = at.size() == 4 ? number(at[2]) : std::nullopt;
    const auto bytes = at.size() == 4 ? number(at[3]) : std::nullopt;
    if (!cache || !objects || (!bytes && !at[3].empty())) {
      return std::unexpected(
          fmt::format("line {}: expected a name, a share and two ratios", number_of_line));
    }
    peers[cell_of(std::string(at[0]), *cache)] = {*objects, bytes};
  }
  return peers;
}

std::string report_policies(const PolicyReport& report, ReportFormat format) {
  switch (format) {
    case ReportFormat::Json:
      return json_of(report);
    case ReportFormat::Csv:
      return csv_of(report);
    case ReportFormat::Text:
      break;
  }
  return text_of(report);
}

}  // namespace atl::cli
