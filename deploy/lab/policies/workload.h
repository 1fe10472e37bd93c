#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/outcome.h"
#include "lib/trace/trace.h"

namespace atl::lab {

// What an object of a trace without sizes is taken for: about a page.
inline constexpr uint64_t kUnitBytes = 16 * 1024;

// A request trace in memory, as a cache sees it: which object is asked for, and how large each is.
struct Workload {
  std::string name;                // the file's, without folder and extensions
  std::vector<uint32_t> requests;  // in order, each an index of `sizes`
  std::vector<uint64_t> sizes;     // bytes, at least 1: the largest the trace names for the object,
                                   // or kUnitBytes each when it names none larger than 1
  uint64_t footprint = 0;          // sum of `sizes`
};

// An object's first request gives it the next free index. Ranges count as the whole object.
Workload make_workload(std::string name, const std::vector<trace::TraceRow>& rows);

// An error names the file, and the line where it is in one. Holds 24 bytes for each request
// meanwhile, 4 afterwards.
Outcome<Workload> load_workload(const std::string& path);

// The traces of a folder (*.csv, *.csv.zst), sorted by name. An error when there are none.
Outcome<std::vector<std::string>> find_traces(const std::string& folder);

}  // namespace atl::lab
