// Any bytes as a report.json to compare: refused, or comparable with itself.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "deploy/lab/report/compare.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::lab;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* run : {"", "cdn"}) {
    const auto measured = read_measured(text, run);
    if (!measured) {
      if (measured.error().empty()) std::abort();
      continue;
    }
    if (measured->parts.size() > 4) continue;  // each costs thousands of draws
    if (comparison_json(*measured, *measured, compare(*measured, *measured)).empty()) std::abort();
  }
  return 0;
}
