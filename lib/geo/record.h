#pragma once

#include <optional>
#include <string_view>

#include "lib/geo/distance.h"

namespace atl::geo {

// What a MaxMind-format database says about an address, read from wherever the common layouts keep
// it and not yet believed. Views point into the database.
struct Record {
  std::string_view flat_country;        // country_code                          (ip-location-db)
  std::string_view country;             // country.iso_code                      (MaxMind, DB-IP)
  std::string_view registered_country;  // registered_country.iso_code           (MaxMind)
  std::string_view flat_city;           // city, as text                         (ip-location-db)
  std::string_view city;                // city.names.en                         (MaxMind, DB-IP)
  std::optional<double> flat_latitude, flat_longitude;  // latitude, longitude    (ip-location-db)
  std::optional<double> latitude, longitude;            // location.latitude, ... (MaxMind, DB-IP)
};

// What is believed of a record.
struct Finding {
  std::string_view country;  // two upper-case letters, or empty
  std::string_view city;
  std::optional<Coordinates> place;  // only of the city level; a country has its centroid

  bool empty() const { return country.empty() && !place; }
};

// Values out of range, countries that are none, and the point 0/0 (which databases write for "I do
// not know") are left out.
Finding interpret(const Record& record);

}  // namespace atl::geo
