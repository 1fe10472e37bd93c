#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/config/reader.h"
#include "origin/sources/directory.h"
#include "origin/sources/http_options.h"
#include "origin/sources/synthetic.h"

namespace atl::origin {

struct GroupOptions {
  std::vector<std::string> members;  // in order; sources that are not groups
  std::vector<uint16_t> failover_statuses = {500, 502, 503, 504};
};

struct SourceConfig {
  std::string name;
  std::variant<DirectoryOptions, HttpOptions, GroupOptions, SyntheticOptions> options;
};

// Mutual TLS with edges (docs/trust.md).
struct TrustConfig {
  bool enabled = false;
  std::string control;    // gRPC, "host:port": who gives out certificates
  std::string name;       // of this origin, in its certificate
  std::string state_dir;  // for key and certificate
  std::string token_file;
  std::chrono::milliseconds refresh{10'000};
};

// origin.toml, checked. Immutable.
struct Config {
  std::string listen;
  std::string admin_listen;  // empty: none
  uint32_t file_threads = 4;
  uint32_t max_exchanges = 16384;
  std::chrono::milliseconds stop_grace{5'000};
  std::chrono::milliseconds head_timeout{30'000};
  std::chrono::milliseconds timeout{0};
  std::vector<SourceConfig> sources;  // by name
  TrustConfig trust;
};

// What is not right goes into the reader's problems. `folder`: of the file; relative paths in it
// start there.
Config read_config(config::Reader& reader, const std::string& folder);

}  // namespace atl::origin
