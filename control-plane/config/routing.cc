#include "control-plane/config/routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "control-plane/geo/country_centroids.h"
#include "lib/base/duration.h"

namespace atl::control {
namespace {

using config::Mark;
using config::Reader;
using config::Section;
using std::chrono::milliseconds;

constexpr int64_t kMostBias = 99;
constexpr int64_t kMostWeight = 1'000'000;
constexpr int64_t kMostRequests = 1'000'000'000;
constexpr double kLeastCores = 0.1;
constexpr double kMostCores = 100'000;
constexpr int64_t kLongestRadius = 20'016;  // half way round the Earth, in km
constexpr milliseconds kShortestInterval{100};
constexpr milliseconds kLongestInterval{3'600'000};

std::vector<std::string> read_countries(Section& section, std::string_view key) {
  std::vector<std::string> codes = section.strings(key, {});
  if (section.has(key) && codes.empty())
    section.problem(key, "is empty: name a country, or remove it");
  std::set<std::string> seen;
  for (const std::string& code : codes) {
    if (!geo::country_centroid(code)) {
      section.problem(key,
                      fmt::format("names \"{}\", which is no country: write two capital letters of "
                                  "ISO 3166-1, such as \"DE\" or \"GB\"",
                                  code));
    } else if (!seen.insert(code).second) {
      section.problem(key, fmt::format("names \"{}\" twice: remove one", code));
    }
  }
  return codes;
}

geo::Fence read_fence(Section& section) {
  std::vector<std::string> allow = read_countries(section, "allow_countries");
  std::vector<std::string> deny = read_countries(section, "deny_countries");
  if (section.has("allow_countries") && section.has("deny_countries")) {
    section.problem("deny_countries",
                    "contradicts allow_countries, which lets nobody else in: keep one of them");
  }
  if (!allow.empty()) return {geo::Fence::Kind::Allow, std::move(allow)};
  if (!deny.empty()) return {geo::Fence::Kind::Deny, std::move(deny)};
  return {};
}

// PoPs by their id.
class Pops {
 public:
  explicit Pops(const Parts& parts) {
    for (uint32_t i = 0; i < parts.pops.size(); ++i) ids_.try_emplace(parts.pops[i].second.id, i);
  }
  // Empty, and a problem is reported, if there is none of that id.
  std::optional<uint32_t> find(Section& section, std::string_view key,
                               const std::string& id) const {
    if (id.empty()) return std::nullopt;  // its absence was reported
    const auto found = ids_.find(id);
    if (found != ids_.end()) return found->second;
    section.problem(key, fmt::format("names PoP \"{}\", which is not there", id));
    return std::nullopt;
  }

 private:
  std::map<std::string, uint32_t> ids_;
};

void add_target(Section& section, std::string_view key, const Pops& pops, const std::string& id,
                geo::PolicySpec::Target target, geo::PolicySpec& policy) {
  const auto pop = pops.find(section, key, id);
  if (!pop) return;
  const bool twice = std::any_of(policy.targets.begin(), policy.targets.end(),
                                 [&](const auto& other) { return other.pop == *pop; });
  if (twice) return section.problem(key, fmt::format("names PoP \"{}\" twice: remove one", id));
  target.pop = *pop;
  policy.targets.push_back(target);
}

void read_targets(Section& section, const Pops& pops, geo::PolicySpec& policy) {
  uint64_t sum = 0;
  std::vector<Section> tables = section.tables("target");
  for (Section& table : tables) {
    const auto weight = static_cast<uint32_t>(table.integer("weight", 1, {0, kMostWeight}));
    sum += weight;
    add_target(table, "pop", pops, table.string("pop"), {0, weight}, policy);
  }
  if (policy.steer != geo::Steer::Weighted) {
    if (!tables.empty()) {
      section.problem("target", "has a meaning only with policy = \"weighted\": list pops instead");
    }
  } else if (tables.empty()) {
    section.problem("policy",
                    "is \"weighted\": say among which PoPs, in tables "
                    "[[distribution.routing.target]] with pop and weight");
  } else if (sum == 0) {
    section.problem("target", "has no weight above 0: nobody would be sent anywhere");
  }
}

void read_pops(Section& section, const Pops& pops, geo::PolicySpec& policy) {
  const std::vector<std::string> ids = section.strings("pops", {});
  if (policy.steer == geo::Steer::Weighted) {
    if (section.has("pops")) {
      section.problem("pops",
                      "has no meaning with policy = \"weighted\": each "
                      "[[distribution.routing.target]] names its pop");
    }
    return;
  }
  if (section.has("pops") && ids.empty())
    section.problem("pops", "is empty: name a PoP, or remove it");
  if (policy.steer == geo::Steer::Failover && !section.has("pops")) {
    section.problem("policy", "is \"failover\": list the PoPs in their order as pops");
  }
  for (const std::string& id : ids) add_target(section, "pops", pops, id, {}, policy);
}

void read_canary(Section& routing, const Pops& pops, geo::PolicySpec& policy) {
  Section section = routing.table("canary");
  if (!section.present()) return;
  const std::string id = section.string("pop");
  const double percent = section.real("percent", {0.01, 100});
  const auto pop = pops.find(section, "pop", id);
  if (policy.steer != geo::Steer::Nearest) {
    section.problem(
        "pop", "is for policy = \"nearest\": give the canary a weight or a place in the order");
  }
  const bool listed = std::any_of(policy.targets.begin(), policy.targets.end(),
                                  [&](const auto& target) { return target.pop == pop; });
  if (listed) section.problem("pop", "is one of pops too: as the canary it has only its share");
  if (pop) policy.canary = {*pop, percent};
}

geo::PolicySpec read_policy(Section section, const std::string& id, const Pops& pops) {
  geo::PolicySpec policy;
  const std::string steer =
      section.choice("policy", {"nearest", "weighted", "failover"}, std::string("nearest"));
  if (steer == "weighted") policy.steer = geo::Steer::Weighted;
  if (steer == "failover") policy.steer = geo::Steer::Failover;
  read_pops(section, pops, policy);
  read_targets(section, pops, policy);
  read_canary(section, pops, policy);
  policy.fence = read_fence(section);
  if (policy.steer == geo::Steer::Weighted || policy.canary) policy.salt = id;
  return policy;
}

// A country that the distribution lets in and none of its PoPs does is a contradiction.
void check_fences(Section section, const geo::PolicySpec& policy, const Parts& parts) {
  if (policy.fence.kind != geo::Fence::Kind::Allow) return;
  for (const std::string& code : policy.fence.countries) {
    const auto lets_in = [&](uint32_t pop) {
      return admitted(parts.pops[pop].second.fence).test(geo::country_of(code));
    };
    bool somebody = false;
    for (uint32_t i = 0; policy.targets.empty() && i < parts.pops.size(); ++i) {
      somebody = somebody || lets_in(i);
    }
    for (const auto& target : policy.targets) somebody = somebody || lets_in(target.pop);
    if (policy.canary) somebody = somebody || lets_in(policy.canary->pop);
    if (somebody) continue;
    section.problem("allow_countries",
                    fmt::format("lets \"{}\" in, but none of the distribution's PoPs does", code));
  }
}

void read_matrix(Section& section, RoutingConfig& routing) {
  routing.matrix_path = section.string("rtt_matrix", "");
  routing.regions_path = section.string("rtt_regions", "");
  routing.radius_km =
      static_cast<double>(section.integer("rtt_radius_km", 500, {1, kLongestRadius}));
  if (!routing.matrix_path.empty() && routing.regions_path.empty()) {
    section.problem("rtt_matrix", "needs rtt_regions, which says where its regions are");
  }
  for (const char* key : {"rtt_regions", "rtt_radius_km"}) {
    if (section.has(key) && routing.matrix_path.empty()) {
      section.problem(key, "has no meaning without rtt_matrix");
    }
  }
}

void read_spill(Section& section, const Parts& parts, RoutingConfig& routing) {
  const int64_t above = section.integer("spill_above", 90, {1, 100});
  const int64_t below = section.integer("spill_below", std::min<int64_t>(70, above - 1), {0, 99});
  routing.spill = {static_cast<double>(above) / 100, static_cast<double>(below) / 100};
  if (below >= above) {
    section.problem("spill_below",
                    "must be less than spill_above: between them nothing changes, so that "
                    "clients do not go to and fro");
  }
  routing.spill_interval =
      section.duration("spill_interval", routing.spill_interval, kShortestInterval);
  if (routing.spill_interval > kLongestInterval) {
    section.problem("spill_interval",
                    "must be at most \"" + format_duration(kLongestInterval) + "\"");
  }
  const bool measured = std::any_of(parts.pops.begin(), parts.pops.end(), [](const auto& part) {
    return part.second.capacity_rps || part.second.capacity_cores;
  });
  for (const char* key : {"spill_above", "spill_below", "spill_interval"}) {
    if (section.has(key) && !measured) {
      section.problem(key, "has no meaning: no [[pop]] has capacity_rps or capacity_cores");
    }
  }
}

}  // namespace

void read_pop_routing(Section& section, PopConfig& pop) {
  pop.bias = static_cast<int>(section.integer("bias", 0, {-kMostBias, kMostBias}));
  pop.fence = read_fence(section);
  if (section.has("capacity_rps")) {
    pop.capacity_rps = static_cast<double>(section.integer("capacity_rps", 1, {1, kMostRequests}));
  }
  pop.capacity_cores = section.optional_real("capacity_cores", {kLeastCores, kMostCores});
}

RoutingConfig read_routing(Reader& reader, Parts& parts) {
  RoutingConfig routing;
  Section section = reader.table("routing");
  read_matrix(section, routing);
  read_spill(section, parts, routing);
  const Pops pops(parts);
  for (Parts::Distribution& part : parts.distributions) {
    Section own = part.section.table("routing");
    routing.distributions.push_back(read_policy(own, part.config.id, pops));
    check_fences(own, routing.distributions.back(), parts);
  }
  return routing;
}

}  // namespace atl::control
