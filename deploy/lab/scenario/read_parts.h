#pragma once

#include <string>
#include <vector>

#include "deploy/lab/scenario/scenario.h"
#include "lib/config/reader.h"

// Private to deploy/lab/scenario: each reads one part of the file and reports what is wrong there.

namespace atl::lab {

// What parts refer to, as far as it has been read.
struct Known {
  std::string folder;  // with a slash at its end, or empty
  const LatencyMatrix& matrix;
  std::vector<std::string> pops;
  std::vector<std::string> regions;
  Span duration{0};
};

// Reports the second of two that are alike, and what does not look like an identifier.
void check_id(config::Section& section, std::string_view key, const std::string& id,
              std::vector<std::string>& seen);
void check_reference(config::Section& section, std::string_view key, const std::string& id,
                     const std::vector<std::string>& known, std::string_view what);

Network read_network(config::Reader& reader, const std::string& folder);
// `fallback`: a place of the matrix to take when the section names none.
Site read_site(config::Section section, const LatencyMatrix& matrix, const std::string& fallback);

std::vector<Stream> read_streams(config::Reader& reader, const Known& known);
// Flash crowds become streams as well.
std::vector<TimelineEvent> read_events(config::Reader& reader, const Known& known,
                                       std::vector<Stream>& streams);
// Runs and, when there is one, the sweep. `cache`: the table [cache].
void read_runs(config::Reader& reader, config::Section& cache, const Known& known,
               Scenario& scenario);

}  // namespace atl::lab
