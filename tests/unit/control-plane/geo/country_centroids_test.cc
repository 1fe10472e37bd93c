#include "control-plane/geo/country_centroids.h"

#include <doctest/doctest.h>

namespace atl::geo {
namespace {

double km(Coordinates a, Coordinates b) { return distance_km(direction_of(a), direction_of(b)); }

TEST_CASE("countries: each has a place that is one, and near where it is") {
  int known = 0;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      const char code[] = {a, b, 0};
      const auto place = country_centroid(code);
      if (!place) continue;
      ++known;
      CAPTURE(code);
      CHECK(valid(*place));
    }
  }
  CHECK(known == 250);
  CHECK(km(*country_centroid("DE"), {50.11, 8.68}) < 300);
  CHECK(km(*country_centroid("SG"), {1.35, 103.82}) < 30);
  CHECK(km(*country_centroid("NZ"), {-41, 174}) < 300);
  CHECK_FALSE(country_centroid("ZZ"));
  CHECK_FALSE(country_centroid("de"));
  CHECK_FALSE(country_centroid(""));
  CHECK_FALSE(country_centroid("DEU"));
}

}  // namespace
}  // namespace atl::geo
