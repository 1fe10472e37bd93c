#pragma once

#include "lib/geo/distance.h"

namespace atl::geo {

// Light in fibre, there and back; nothing measured near by makes a way shorter than this.
inline constexpr double kFibreMsPerKm = 0.01;
inline constexpr double kShortestMs = 0.1;

// The model's round trip, corrected by what was measured near both ends (RttMatrix::excess_ms).
template <class Real>
inline Real estimated_rtt_ms(Real km, Real excess_ms) {
  const Real estimate =
      static_cast<Real>(kModelMs) + static_cast<Real>(kModelMsPerKm) * km + excess_ms;
  const Real fibre = static_cast<Real>(kShortestMs) + static_cast<Real>(kFibreMsPerKm) * km;
  return estimate > fibre ? estimate : fibre;
}

// What Candidates are explained with.
struct Estimate {
  double distance_km = -1;  // negative: the place of the client is unknown
  double rtt_ms = -1;       // likewise; before the bias
  bool measured = false;    // whether the matrix knows both ends
};

}  // namespace atl::geo
