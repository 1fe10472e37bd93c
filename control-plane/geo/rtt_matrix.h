#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/geo/distance.h"

namespace atl::geo {

// Round trips that were measured between some places, here called regions. Immutable; any thread.
//
// What was measured between two regions also says something about places near them: by how much
// the network between them is slower or faster than the model (modelled_rtt_ms). That difference is
// added to the model's figure for the exact places, so that two places near one region are still
// told apart, and at the regions themselves the measured figure comes out.
class RttMatrix {
 public:
  static constexpr size_t kMostRegions = 1024;
  static constexpr double kLongestRtt = 10'000;  // ms; more is a mistake

  struct Text {
    std::string_view name;  // of the file, for problems
    std::string_view bytes;
  };
  // `regions`: lines "region,city,lat,lon" after a heading. `matrix`: a heading whose first field
  // is anything and whose others are regions; then a line for each region, its name and the round
  // trips in ms from it. Fields have no quotes. Every region of the matrix has a place, and rows
  // and columns name the same ones. The error is every problem found, each "file:line: sentence".
  static std::expected<RttMatrix, std::vector<std::string>> parse(const Text& regions,
                                                                  const Text& matrix);

  size_t size() const { return regions_.size(); }
  const std::string& name(size_t region) const { return regions_[region].name; }
  const Direction& at(size_t region) const { return regions_[region].at; }
  double measured_ms(size_t from, size_t to) const { return ms_[from * size() + to]; }
  // Measured less modelled; may be negative.
  double excess_ms(size_t from, size_t to) const { return excess_[from * size() + to]; }

  // The nearest region, if it is within `radius_km`.
  std::optional<uint32_t> near(const Direction& place, double radius_km) const;

 private:
  struct Region {
    std::string name;
    Direction at;
  };

  std::vector<Region> regions_;  // in the order of the matrix
  std::vector<double> ms_;       // by row
  std::vector<double> excess_;
};

}  // namespace atl::geo
