// Any bytes as a latency matrix, and as places: what is accepted has a round trip for each pair.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "deploy/lab/scenario/latency_matrix.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::lab;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto matrix = LatencyMatrix::parse(text);
  if (!matrix) {
    if (matrix.error().empty()) std::abort();
    matrix = LatencyMatrix();
  } else if (matrix->size() == 0) {
    std::abort();
  }
  if (matrix->parse_places(text) && matrix->place("a") != nullptr &&
      !atl::geo::valid(matrix->place("a")->at)) {
    std::abort();
  }
  const auto rtt = matrix->rtt_ms("a", "b");
  if (rtt && !(*rtt > 0)) std::abort();
  return 0;
}
