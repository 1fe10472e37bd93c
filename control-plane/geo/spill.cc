#include "control-plane/geo/spill.h"

#include <algorithm>
#include <cmath>

namespace atl::geo {
namespace {

constexpr double kStep = 1.0 / 64;

}  // namespace

double next_shed(double shed, double load, const SpillRule& rule) {
  if (load < 0) return 0;  // nobody knows
  if (load >= rule.leave && load <= rule.enter) return shed;
  if (load == 0) return std::max(0.0, shed - kLargestReturn);
  // What stays makes the load, so that much of it would make the load that is aimed at.
  const double aim = (rule.enter + rule.leave) / 2;
  const double wanted = 1 - (1 - shed) * aim / load;
  if (load > rule.enter) {
    return std::clamp(std::ceil(wanted / kStep) * kStep, shed, kMostShed);
  }
  return std::clamp(std::floor(wanted / kStep) * kStep, std::max(0.0, shed - kLargestReturn), shed);
}

}  // namespace atl::geo
