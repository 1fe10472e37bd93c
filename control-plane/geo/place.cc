#include "control-plane/geo/place.h"

#include <algorithm>

#include "control-plane/geo/country_centroids.h"

namespace atl::geo {
namespace {

Place of_rule(const SubnetRule& rule) {
  Place place;
  place.country = rule.country;
  if (!rule.pop.empty()) {
    place.source = Source::SubnetPop;
    place.pop = rule.pop;
  } else {
    place.source = Source::SubnetPlace;
    place.coordinates = rule.place;
  }
  return place;
}

Place of_finding(const Finding& finding) {
  Place place;
  place.country = finding.country;
  if (finding.place) {
    place.source = Source::City;
    place.coordinates = finding.place;
    place.city = finding.city;
  } else if (const auto centroid = country_centroid(finding.country)) {
    place.source = Source::Country;
    place.coordinates = centroid;
  }
  return place;
}

}  // namespace

std::string_view to_string(Source source) {
  switch (source) {
    case Source::SubnetPop:
      return "subnet-pop";
    case Source::SubnetPlace:
      return "subnet-place";
    case Source::City:
      return "database-city";
    case Source::Country:
      return "database-country";
    case Source::Nowhere:
      return "unknown";
  }
  return "unknown";
}

Place locate(const Address& address, const SubnetTable& subnets,
             std::span<const std::shared_ptr<const Database>> databases) {
  // A more specific rule beside the address takes its neighbours, so it bounds the answer too.
  const uint8_t rules = subnets.scope(address);
  if (const SubnetRule* rule = subnets.find(address)) {
    Place place = of_rule(*rule);
    place.prefix_length = rules;
    return place;
  }
  Place nowhere;
  nowhere.prefix_length = rules;
  if (databases.empty()) return nowhere;
  nowhere.prefix_length = std::max(rules, global_scope(address));
  if (!is_global(address)) return nowhere;
  for (const std::shared_ptr<const Database>& database : databases) {
    const Database::Answer answer = database->find(address);
    nowhere.prefix_length = std::max(nowhere.prefix_length, answer.prefix_length);
    Place place = of_finding(answer.finding);
    place.prefix_length = nowhere.prefix_length;
    if (place.source != Source::Nowhere) return place;
    if (nowhere.country.empty()) nowhere.country = place.country;
  }
  return nowhere;
}

}  // namespace atl::geo
