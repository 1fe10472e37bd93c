#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "edge/disk/tier.h"
#include "edge/fetch/fetch.h"
#include "lib/base/byte_size.h"
#include "lib/config/reader.h"
#include "lib/net/tls/tls_context.h"
#include "lib/server/limits.h"

namespace atl::edge {

// Without addresses TLS is off, and then there are no certificates either.
struct TlsConfig {
  std::vector<std::string> listen;
  std::chrono::milliseconds handshake_time{10'000};
  std::vector<net::CertificateFiles> certificates;
};

// Mutual TLS with the control plane, origins and other edges (docs/trust.md).
struct TrustConfig {
  bool enabled = false;
  std::string token_file;  // empty: there is a certificate in state_dir already
  std::chrono::milliseconds refresh{10'000};
};

// atoll-edge's configuration, read once at start (TOML, every key also a flag; docs in the sample
// deploy/config/edge.toml). What changes while it runs comes from the control plane.
struct Config {
  std::string pop;
  std::string node = "0";
  std::vector<std::string> listen;
  std::string admin_listen;  // empty: none
  std::string peer_listen;   // empty: no other edge is answered
  std::string control;       // empty: the node lives on its stored snapshot
  std::string state_dir;
  ByteSize cache_memory{0};
  unsigned cache_shards = 64;
  std::string cache_policy = "cq";    // a name policy_maker() knows
  bool cache_second_request = false;  // cache_admission
  unsigned workers = 1;
  std::string access_log;      // empty: none; "-": standard output
  std::string place_database;  // empty: none
  std::chrono::milliseconds stop_grace{10'000};
  std::chrono::milliseconds handover_grace{60'000};
  ByteSize retained{0};  // bound of what all fetches together keep for late readers
  server::Limits limits;
  TlsConfig tls;
  TrustConfig trust;
  FetchLimits fetch;
  // Without volumes there is no disk tier. Journal and matchers are the node's to fill in.
  disk::TierOptions disk;
};

// Problems are the reader's to report.
Config read_config(config::Reader& reader);

}  // namespace atl::edge
