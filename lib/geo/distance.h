#pragma once

namespace atl::geo {

struct Coordinates {
  double latitude = 0;   // degrees, north positive
  double longitude = 0;  // degrees, east positive
  bool operator==(const Coordinates&) const = default;
};

// Whether both are finite and in range.
bool valid(const Coordinates& coordinates);

// A place on the unit sphere. Computed once per place, so that comparing distances is three
// multiplications.
struct Direction {
  double x = 1;
  double y = 0;
  double z = 0;
};
Direction direction_of(const Coordinates& coordinates);

// Cosine of the angle between them: the greater, the nearer.
inline double nearness(const Direction& a, const Direction& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

// Mean radius (IUGG).
inline constexpr double kEarthRadiusKm = 6371.0088;

// Great-circle distance over a sphere of the Earth's mean radius (within 0.6 % of the ellipsoid).
double distance_km(const Direction& a, const Direction& b);

// Round trip over the public network where nothing was measured: 5 ms, and 1.6 ms per 100 km.
inline constexpr double kModelMs = 5.0;
inline constexpr double kModelMsPerKm = 1.6 / 100.0;
inline double modelled_rtt_ms(double km) { return kModelMs + kModelMsPerKm * km; }

}  // namespace atl::geo
