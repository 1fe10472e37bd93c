#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "control-plane/geo/rtt_matrix.h"

namespace atl::geo {

struct RegionText {
  const char* name;
  double latitude;
  double longitude;
};

// A matrix of these regions; `ms` by row.
inline std::shared_ptr<const RttMatrix> matrix_of(const std::vector<RegionText>& regions,
                                                  const std::vector<double>& ms) {
  std::string places = "region,city,lat,lon\n";
  std::string matrix = "from";
  for (const RegionText& region : regions) {
    places += std::string(region.name) + ",," + std::to_string(region.latitude) + "," +
              std::to_string(region.longitude) + "\n";
    matrix += std::string(",") + region.name;
  }
  for (size_t from = 0; from < regions.size(); ++from) {
    matrix += std::string("\n") + regions[from].name;
    for (size_t to = 0; to < regions.size(); ++to) {
      matrix += "," + std::to_string(ms[from * regions.size() + to]);
    }
  }
  auto parsed = RttMatrix::parse({"regions.csv", places}, {"matrix.csv", matrix});
  REQUIRE(parsed);
  return std::make_shared<const RttMatrix>(*std::move(parsed));
}

}  // namespace atl::geo
