#include "control-plane/geo/fence.h"

namespace atl::geo {

std::bitset<kCountries> admitted(const Fence& fence) {
  std::bitset<kCountries> in;
  for (const std::string& code : fence.countries) {
    if (const CountryNumber country = country_of(code)) in.set(country);
  }
  return fence.kind == Fence::Kind::Allow ? in : ~in;
}

}  // namespace atl::geo
