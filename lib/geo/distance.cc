#include "lib/geo/distance.h"

#include <cmath>
#include <numbers>

namespace atl::geo {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180.0; }

}  // namespace

bool valid(const Coordinates& coordinates) {
  return coordinates.latitude >= -90 && coordinates.latitude <= 90 &&
         coordinates.longitude >= -180 && coordinates.longitude <= 180;  // false for NaN
}

Direction direction_of(const Coordinates& coordinates) {
  const double latitude = radians(coordinates.latitude);
  const double longitude = radians(coordinates.longitude);
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double distance_km(const Direction& a, const Direction& b) {
  // By the chord and not by acos(nearness): that one loses the last kilometres to rounding.
  const double chord = std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
  return 2 * kEarthRadiusKm * std::asin(std::fmin(1.0, chord / 2));
}

}  // namespace atl::geo
