#include "control-plane/geo/price.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "control-plane/geo/estimate.h"

// Twice as many PoPs at a time where the processor can; the sanitizers' runtimes come too late for
// functions that are chosen when a program is loaded.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ATOLL_WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define ATOLL_WIDE
#endif

namespace atl::geo {
namespace {

constexpr auto kQuarterTurn = static_cast<float>(std::numbers::pi / 2);

// asin(sqrt(q)), 0 <= q <= 1, to 1e-7. Of the smaller of the two angles whose sines make one, and
// that by a polynomial through the Chebyshev points of 0..1/2 for asin(sqrt(t)) / sqrt(t).
inline float arc_sine_of_root(float q) {
  const bool small = q <= 0.5F;
  float t = small ? q : 1 - q;
  t = t > 0 ? t : 0;
  float p = 0.1096739833F;
  p = p * t - 0.0900862168F;
  p = p * t + 0.0755397539F;
  p = p * t + 0.0167313889F;
  p = p * t + 0.0464808495F;
  p = p * t + 0.0748811444F;
  p = p * t + 0.1666695467F;
  p = p * t + 0.9999999887F;
  const float angle = std::sqrt(t) * p;
  return small ? angle : kQuarterTurn - angle;
}

}  // namespace

ATOLL_WIDE void price(const PopRows& pops, const Spot& spot, const Masks& masks, size_t count,
                      float* __restrict whole, float* __restrict open) {
  constexpr auto kDiameterKm = static_cast<float>(2 * kEarthRadiusKm);
  const PopRows rows = pops;
  const Masks out = masks;
  const Spot at = spot;
  for (size_t i = 0; i < count; ++i) {
    const float dx = rows.x[i] - at.x;
    const float dy = rows.y[i] - at.y;
    const float dz = rows.z[i] - at.z;
    const float km = kDiameterKm * arc_sine_of_root(0.25F * (dx * dx + dy * dy + dz * dz));
    const float cost = estimated_rtt_ms<float>(km, rows.excess[i]) * rows.factor[i] + out.listed[i];
    whole[i] = cost;
    open[i] = cost + out.closed[i] + out.fence[i];
  }
}

void mask(const Masks& masks, size_t count, const float* __restrict whole, float* __restrict open) {
  const Masks out = masks;
  for (size_t i = 0; i < count; ++i) open[i] = whole[i] + out.closed[i] + out.fence[i];
}

float least(const float* row, size_t count) {
  float lanes[kLanes];
  for (float& lane : lanes) lane = std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < count; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) {
      lanes[j] = row[i + j] < lanes[j] ? row[i + j] : lanes[j];
    }
  }
  float least = lanes[0];
  for (const float lane : lanes) least = lane < least ? lane : least;
  return least;
}

void block_least(const float* __restrict row, size_t count, float* __restrict least) {
  for (size_t i = 0; i < count; i += kLanes) {
    float block = row[i];
    for (size_t j = 1; j < kLanes; ++j) block = row[i + j] < block ? row[i + j] : block;
    least[i / kLanes] = block;
  }
}

}  // namespace atl::geo
