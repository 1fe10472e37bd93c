#include "lib/geo/distance.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace atl::geo {
namespace {

double km(Coordinates a, Coordinates b) { return distance_km(direction_of(a), direction_of(b)); }

TEST_CASE("distance: known ones, within a percent") {
  const Coordinates frankfurt{50.11, 8.68};
  const Coordinates sydney{-33.87, 151.21};
  const Coordinates ashburn{39.04, -77.49};
  CHECK(km(frankfurt, sydney) == doctest::Approx(16'490).epsilon(0.01));
  CHECK(km(frankfurt, ashburn) == doctest::Approx(6'530).epsilon(0.01));
  CHECK(km(sydney, frankfurt) == doctest::Approx(km(frankfurt, sydney)));
}

TEST_CASE("distance: at the poles, the date line, the same place and the antipode") {
  CHECK(km({90, 0}, {90, 123}) == doctest::Approx(0).epsilon(1e-6));
  CHECK(km({0, 179.9}, {0, -179.9}) == doctest::Approx(22.24).epsilon(0.001));
  CHECK(km({12.5, 45}, {12.5, 45}) == 0);
  CHECK(km({0, 0}, {0, 180}) == doctest::Approx(20'015).epsilon(0.001));
  CHECK(km({50, 8}, {50.001, 8}) == doctest::Approx(0.1112).epsilon(0.001));
}

TEST_CASE("distance: nearness orders as distance does") {
  const Direction from = direction_of({48, 11});
  double last_nearness = 2;
  double last_km = -1;
  for (double longitude = 11; longitude <= 190; longitude += 0.5) {
    const Direction to = direction_of({48, longitude > 180 ? longitude - 360 : longitude});
    CHECK(nearness(from, to) < last_nearness);
    CHECK(distance_km(from, to) > last_km);
    last_nearness = nearness(from, to);
    last_km = distance_km(from, to);
  }
}

TEST_CASE("distance: the model of the round trip") {
  CHECK(modelled_rtt_ms(0) == 5.0);
  CHECK(modelled_rtt_ms(100) == doctest::Approx(6.6));
  CHECK(modelled_rtt_ms(6250) == doctest::Approx(105));
}

TEST_CASE("coordinates: the range, and no NaN") {
  CHECK(valid({90, 180}));
  CHECK(valid({-90, -180}));
  CHECK_FALSE(valid({90.01, 0}));
  CHECK_FALSE(valid({0, -180.01}));
  CHECK_FALSE(valid({std::numeric_limits<double>::quiet_NaN(), 0}));
  CHECK_FALSE(valid({0, std::numeric_limits<double>::infinity()}));
}

}  // namespace
}  // namespace atl::geo
