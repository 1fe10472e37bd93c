#pragma once

#include <optional>
#include <string_view>

#include "lib/geo/distance.h"

namespace atl::geo {

// Where the people of a country are on average: for databases that know only the country. `code`:
// ISO 3166-1 alpha-2, upper case. Source and licence of the figures are in country_centroids.cc.
std::optional<Coordinates> country_centroid(std::string_view code);

}  // namespace atl::geo
