// Any bytes as the regions, and what follows the first NUL as the matrix: what is accepted gives
// every pair a round trip that routing can count with.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control-plane/geo/estimate.h"
#include "control-plane/geo/rtt_matrix.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::geo;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t cut = all.find('\0');
  const std::string_view matrix =
      cut == std::string_view::npos ? std::string_view() : all.substr(cut + 1);
  const auto parsed = RttMatrix::parse({"regions", all.substr(0, cut)}, {"matrix", matrix});
  if (!parsed) {
    if (parsed.error().empty()) std::abort();
    return 0;
  }
  if (parsed->size() == 0 || parsed->size() > RttMatrix::kMostRegions) std::abort();
  for (size_t from = 0; from < parsed->size(); ++from) {
    if (!parsed->near(parsed->at(from), 1)) std::abort();
    for (size_t to = 0; to < parsed->size(); ++to) {
      const double rtt = estimated_rtt_ms(distance_km(parsed->at(from), parsed->at(to)),
                                          parsed->excess_ms(from, to));
      if (!std::isfinite(rtt) || rtt <= 0) std::abort();
    }
  }
  return 0;
}
