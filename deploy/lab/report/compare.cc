#include "deploy/lab/report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "deploy/lab/random/random.h"

namespace atl::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kReplicates = 2000;
constexpr size_t kMostPoints = 10'000;

// Members that may be missing or of another type than they should be.
const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}
std::optional<uint64_t> count_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}
std::string text_of(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<Measured::Part> part_of(std::string region, const Json& stats) {
  const auto requests = count_of(stats, "requests");
  const auto errors = count_of(stats, "errors");
  const auto hits = count_of(stats, "hits");
  const auto stale = count_of(stats, "stale");
  if (!requests || !errors || !hits || !stale || *errors > *requests) return std::nullopt;
  Measured::Part part;
  part.region = std::move(region);
  part.requests = *requests;
  part.errors = *errors;
  part.from_cache = *hits + *stale;
  const std::pair<const char*, double*> latencies[] = {
      {"mean", &part.mean_ms}, {"p50", &part.p50_ms}, {"p95", &part.p95_ms}, {"p99", &part.p99_ms}};
  for (const auto& [key, to] : latencies) {
    const Json& value = member(member(stats, "latency_ms"), key);
    if (!value.is_number()) return std::nullopt;
    *to = value.get<double>();
  }
  const Json& cdf = member(stats, "cdf");
  if (!cdf.is_array() || cdf.size() > kMostPoints) return std::nullopt;
  for (const Json& point : cdf) {
    if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_number()) {
      return std::nullopt;
    }
    const std::pair<double, double> next{point[0].get<double>(), point[1].get<double>()};
    if (!part.cdf.empty() &&
        (next.first < part.cdf.back().first || next.second < part.cdf.back().second)) {
      return std::nullopt;
    }
    part.cdf.push_back(next);
  }
  return part;
}

const Json* find_run(const Json& runs, std::string_view id) {
  if (id.empty() && runs.size() == 1) return &runs[0];
  for (const Json& run : runs) {
    if (text_of(run, "id") == id) return &run;
  }
  return nullptr;
}

std::string names_of(const Json& runs) {
  std::string names;
  for (const Json& run : runs) names += (names.empty() ? "" : ", ") + text_of(run, "id");
  return names;
}

double quantile(const std::vector<std::pair<double, double>>& cdf, double share) {
  const auto at = std::ranges::lower_bound(cdf, share, {}, [](const auto& p) { return p.second; });
  if (at == cdf.end()) return cdf.back().first;
  if (at == cdf.begin()) return at->first;
  const auto& before = *std::prev(at);
  const double step = at->second - before.second;
  if (step <= 0) return at->first;
  return before.first + (at->first - before.first) * (share - before.second) / step;
}

double deviation(const Measured::Part& part) {
  double before = 0;
  double squares = 0;
  for (const auto& [ms, share] : part.cdf) {
    squares += (share - before) * (ms - part.mean_ms) * (ms - part.mean_ms);
    before = share;
  }
  return std::sqrt(squares);
}

double normal(Random& random) {
  // Box and Muller 1958.
  const double u = 1 - random.unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::acos(-1.0) * random.unit());
}

double answered(const Measured::Part& part) {
  return static_cast<double>(part.requests - part.errors);
}

double share(uint64_t some, double all) { return all <= 0 ? 0 : static_cast<double>(some) / all; }

// A figure of a part: its value, and what it may be in another sample of the same size.
struct Figure {
  const char* name;
  std::function<double(const Measured::Part&)> value;
  std::function<double(const Measured::Part&, Random&)> again;
};

// The value is exact; how far it may be off is read from the distribution around it.
Figure quantile_figure(const char* name, double u, double Measured::Part::* value) {
  return {name, [value](const Measured::Part& part) { return part.*value; },
          [u, value](const Measured::Part& part, Random& random) {
            if (part.cdf.empty()) return 0.0;
            const double spread = std::sqrt(u * (1 - u) / std::max(answered(part), 1.0));
            const double share = std::clamp(u + spread * normal(random), 0.0, 1.0);
            return part.*value + quantile(part.cdf, share) - quantile(part.cdf, u);
          }};
}

double ratio_again(double ratio, double n, Random& random) {
  const double spread = std::sqrt(ratio * (1 - ratio) / std::max(n, 1.0));
  return std::clamp(ratio + spread * normal(random), 0.0, 1.0);
}

std::vector<Figure> figures() {
  const auto hit = [](const Measured::Part& part) {
    return share(part.from_cache, static_cast<double>(part.requests));
  };
  const auto error = [](const Measured::Part& part) {
    return share(part.errors, static_cast<double>(part.requests));
  };
  return {quantile_figure("p50_ms", 0.5, &Measured::Part::p50_ms),
          quantile_figure("p95_ms", 0.95, &Measured::Part::p95_ms),
          quantile_figure("p99_ms", 0.99, &Measured::Part::p99_ms),
          {"mean_ms", [](const Measured::Part& part) { return part.mean_ms; },
           [](const Measured::Part& part, Random& random) {
             const double n = std::max(answered(part), 1.0);
             return part.mean_ms + deviation(part) / std::sqrt(n) * normal(random);
           }},
          {"hit_ratio", hit,
           [hit](const Measured::Part& part, Random& random) {
             return ratio_again(hit(part), static_cast<double>(part.requests), random);
           }},
          {"error_ratio", error, [error](const Measured::Part& part, Random& random) {
             return ratio_again(error(part), static_cast<double>(part.requests), random);
           }}};
}

Difference differ(const Figure& figure, const Measured::Part& a, const Measured::Part& b,
                  Random& random) {
  std::vector<double> differences(kReplicates);
  for (double& one : differences) one = figure.again(b, random) - figure.again(a, random);
  std::ranges::sort(differences);
  Difference row{a.region, figure.name, figure.value(a), figure.value(b)};
  row.difference = row.b - row.a;
  row.low = differences[kReplicates * 25 / 1000];
  row.high = differences[kReplicates * 975 / 1000 - 1];
  return row;
}

}  // namespace

Outcome<Measured> read_measured(std::string_view report_json, std::string_view run_id) {
  const Json report = Json::parse(report_json, nullptr, false);
  const Json& runs = member(report, "runs");
  if (!member(report, "schema").is_number_unsigned() || member(report, "schema") != 1 ||
      !runs.is_array()) {
    return std::unexpected("it is no report of `atoll lab run`");
  }
  const Json* run = find_run(runs, run_id);
  if (run == nullptr) {
    return std::unexpected(fmt::format("name one of its runs after a colon: {}", names_of(runs)));
  }
  Measured measured{text_of(member(report, "scenario"), "name") + ":" + text_of(*run, "id"), {}};
  auto total = part_of("total", member(*run, "total"));
  bool right = total.has_value();
  if (total) measured.parts.push_back(*std::move(total));
  const Json& regions = member(*run, "regions");
  if (regions.is_array()) {
    for (const Json& region : regions) {
      auto part = part_of(text_of(region, "id"), member(region, "stats"));
      right = right && part;
      if (part) measured.parts.push_back(*std::move(part));
    }
  }
  if (!right) return std::unexpected("it is damaged: figures are missing");
  return measured;
}

std::vector<Difference> compare(const Measured& a, const Measured& b) {
  std::vector<Difference> rows;
  Random random(1, 6);
  const std::vector<Figure> all = figures();
  for (const Measured::Part& mine : a.parts) {
    const auto other = std::ranges::find(b.parts, mine.region, &Measured::Part::region);
    if (other == b.parts.end()) continue;
    for (const Figure& figure : all) rows.push_back(differ(figure, mine, *other, random));
  }
  return rows;
}

std::string comparison_json(const Measured& a, const Measured& b,
                            const std::vector<Difference>& rows) {
  Json out = Json::array();
  for (const Difference& row : rows) {
    out.push_back({{"region", row.region},
                   {"figure", row.figure},
                   {"a", row.a},
                   {"b", row.b},
                   {"difference", row.difference},
                   {"low", row.low},
                   {"high", row.high}});
  }
  const Json whole = {{"schema", 1}, {"a", a.name}, {"b", b.name}, {"rows", std::move(out)}};
  return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace atl::lab
