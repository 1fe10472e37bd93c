#include "control-plane/config/subnets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control-plane/config/check.h"

namespace atl::control {
namespace {

void read_target(config::Section& section, const std::vector<PopConfig>& pops,
                 geo::SubnetRule& rule) {
  rule.pop = section.string("pop", "");
  rule.country = section.string("country", "");
  const auto latitude = section.optional_real("latitude", {-90, 90});
  const auto longitude = section.optional_real("longitude", {-180, 180});
  if (latitude && longitude) rule.place = geo::Coordinates{*latitude, *longitude};
  const bool placed = section.has("latitude") || section.has("longitude");
  if (section.has("pop") == placed) {
    section.problem("prefix", placed ? "has both pop and coordinates: keep one of them"
                                     : "leads nowhere: add pop, or latitude and longitude");
  } else if (section.has("latitude") != section.has("longitude")) {
    section.problem("prefix", "has only one of latitude and longitude: add the other");
  }
  if (!rule.country.empty() && !is_country_code(rule.country)) {
    section.problem("country", "must be two capital letters (ISO 3166-1), such as \"DE\"");
  }
  const bool known = std::any_of(pops.begin(), pops.end(),
                                 [&](const PopConfig& pop) { return pop.id == rule.pop; });
  if (!rule.pop.empty() && !known) {
    section.problem("pop", fmt::format("\"{}\" is not a [[pop]] of the configuration", rule.pop));
  }
}

}  // namespace

std::vector<geo::SubnetRule> read_subnets(config::Reader& reader,
                                          const std::vector<PopConfig>& pops) {
  std::vector<geo::SubnetRule> rules;
  std::map<geo::Prefix, uint32_t> seen;  // -> line
  for (config::Section& section : reader.tables("subnet")) {
    geo::SubnetRule rule;
    const std::string text = section.string("prefix");
    const auto prefix = geo::parse_prefix(text);
    read_target(section, pops, rule);
    if (text.empty()) continue;
    if (!prefix) {
      section.problem("prefix", fmt::format("must be a network such as \"10.1.0.0/16\" or "
                                            "\"2001:db8::/32\", without host bits, not \"{}\"",
                                            text));
      continue;
    }
    rule.prefix = *prefix;
    const auto [first, added] = seen.emplace(*prefix, section.mark("prefix").line);
    if (!added) {
      section.problem("prefix", fmt::format("\"{}\" is already given in line {}: remove one", text,
                                            first->second));
      continue;
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace atl::control
