// Any bytes as a scenario: it is refused with a reason, or its paths can be made and it has runs.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "deploy/lab/scenario/read.h"
#include "deploy/lab/simulation/path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::lab;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Files that a scenario names are opened: none of this machine.
  for (const char* key : {"matrix", "places"}) {
    if (text.find(key) != std::string_view::npos) return 0;
  }
  const auto scenario = read_scenario_text("fuzz.toml", text, "no-such-folder/");
  if (!scenario) {
    if (scenario.error().empty()) std::abort();
    return 0;
  }
  if (scenario->runs.empty() || scenario->streams.empty() || scenario->pops.empty()) std::abort();
  if (scenario->pops.size() > 64 || scenario->regions.size() > 64) return 0;
  const Paths paths(scaled(*scenario, 0.5));
  if (paths.to_pop(0, 0).rtt < 0 || transfer(paths.to_pop(0, 0), 1 << 20) < 0) std::abort();
  return 0;
}
