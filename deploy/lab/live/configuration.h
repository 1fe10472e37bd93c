#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "deploy/lab/scenario/scenario.h"
#include "lib/net/endpoint.h"

// What the programs of a live run are configured with, as the TOML files they read. Pure.

namespace atl::lab {

// The source's name, the distribution's host, and where what is never cached is.
inline constexpr const char* kHost = "lab.example";
inline constexpr const char* kNotCached = "/pass/";

struct OriginPorts {
  net::Endpoint listen;
  net::Endpoint admin;
};
std::string origin_configuration(const OriginPorts& ports, const OriginSpec& origin);

struct ControlPorts {
  net::Endpoint listen;
  net::Endpoint fleet;
};
// A PoP as the control plane's configuration names it.
struct ControlPop {
  std::string id;
  Site place;
  net::Endpoint clients;
  net::Endpoint peer;  // where other PoPs reach it; no port: nowhere
};
std::string control_configuration(const ControlPorts& ports, const std::string& state_dir,
                                  const std::vector<ControlPop>& pops, const net::Endpoint& origin,
                                  const RunSpec& run);

struct EdgePorts {
  net::Endpoint clients;
  net::Endpoint admin;
  net::Endpoint peer;     // no port: other edges are not answered
  net::Endpoint control;  // the control plane, as this edge reaches it
};
std::string edge_configuration(const EdgePorts& ports, const std::string& state_dir,
                               const std::string& pop, uint64_t cache_bytes,
                               const CacheSpec& cache);

}  // namespace atl::lab
