#pragma once

#include <cstdint>
#include <string>

#include "lib/trace/trace.h"

namespace atl::cli {

// What to ask for one row, and what must come back.
struct Expectation {
  std::string path;    // "/object/17": names the content (lib/synthetic)
  std::string target;  // "/object/17?size=1000"
  std::string range;   // "0-499" or "500-" for a Range field; empty: none
  uint16_t status = 200;
  uint64_t first = 0;   // offset in the object of the body's first byte
  uint64_t length = 0;  // of the body; not checked for 416
};

// `scale` multiplies sizes and range bounds. An object has at least one byte; one of unknown size
// is just large enough for the range.
Expectation expect(const trace::TraceRow& row, double scale);

}  // namespace atl::cli
