#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/outcome.h"
#include "lib/geo/distance.h"

namespace atl::lab {

// Measured round trips between places, in milliseconds, and where the places are.
class LatencyMatrix {
 public:
  struct Place {
    std::string city;
    geo::Coordinates at;
  };

  // CSV as in deploy/lab/latency: a line "from\to,ID,..." and one "ID,MS,..." for each row. Errors
  // say the line. A round trip is positive and at most a minute.
  static Outcome<LatencyMatrix> parse(std::string_view csv);
  // CSV "region,city,lat,lon"; adds to what is known. Errors say the line.
  Outcome<void> parse_places(std::string_view csv);

  // nullopt where nobody measured it. Of a row's place to a column's.
  std::optional<double> rtt_ms(std::string_view from, std::string_view to) const;
  const Place* place(std::string_view id) const;
  size_t size() const { return ids_.size(); }

 private:
  std::map<std::string, size_t, std::less<>> ids_;
  std::vector<double> rtt_ms_;  // row by row
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace atl::lab
