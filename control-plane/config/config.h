#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control-plane/access/role.h"
#include "control-plane/dns/server_options.h"
#include "control-plane/dns/view.h"
#include "control-plane/dns/zone.h"
#include "control-plane/geo/chart.h"
#include "control-plane/geo/fence.h"
#include "control-plane/geo/spill.h"
#include "control-plane/geo/subnet_table.h"
#include "lib/base/byte_size.h"
#include "lib/geo/address.h"
#include "lib/geo/distance.h"

namespace atl::control {

// The configuration of the control plane: immutable once read, and valid as a whole (read_config()
// gives no other). Meanings of what goes to the edges are those of proto/control.proto.

struct NodeConfig {
  std::string name;
  std::string peer;  // "host:port"
  bool operator==(const NodeConfig&) const = default;
};

// How a PoP stands to the others: what edges need to know of it.
struct TierConfig {
  std::string id;
  std::string shield;             // another PoP; empty: none
  std::vector<NodeConfig> nodes;  // empty: they do not know one another
  bool operator==(const TierConfig&) const = default;
};

struct PopConfig {
  std::string id;
  std::string city;
  std::string country;  // ISO 3166-1 alpha-2
  geo::Coordinates at;
  // Where clients reach the PoP, "host:port", first one preferred. Never empty.
  std::vector<std::string> endpoints;
  std::string shield;  // as in TierConfig
  std::vector<NodeConfig> nodes;
  int bias = 0;  // geo::PopSpec
  geo::Fence fence;
  // What the PoP can bear, all its nodes together. Empty: nobody says.
  std::optional<double> capacity_rps;
  std::optional<double> capacity_cores;
  bool operator==(const PopConfig&) const = default;
};

// The addresses among the endpoints, without their ports, each once, in their order.
dns::PopAddresses pop_addresses(const PopConfig& pop);

struct BreakerConfig {
  bool enabled = true;
  uint32_t failures = 10;  // in a row; 0: not counted
  uint32_t percent = 50;   // within the window; 0: not counted
  uint32_t at_least = 20;  // attempts
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds open{1'000};
  uint32_t probes = 1;
  bool operator==(const BreakerConfig&) const = default;
};

struct HealthCheckConfig {
  std::string path;
  std::string host = "localhost";
  std::chrono::milliseconds interval{5'000};
  std::chrono::milliseconds timeout{2'000};
  uint32_t unhealthy_after = 3;
  uint32_t healthy_after = 1;
  bool operator==(const HealthCheckConfig&) const = default;
};

struct OriginConfig {
  std::string id;
  std::string endpoint;  // gRPC, "host:port"
  std::string source;
  std::chrono::milliseconds head_timeout{30'000};
  std::chrono::milliseconds timeout{0};  // 0: none
  uint32_t max_requests = 0;             // of one node, at once; 0: no limit
  uint32_t max_queued = 0;
  std::chrono::milliseconds queue_time{1'000};
  BreakerConfig breaker;
  std::optional<HealthCheckConfig> health_check;
  bool operator==(const OriginConfig&) const = default;
};

struct OriginGroupConfig {
  std::string id;
  std::vector<std::string> origins;  // OriginConfig::id, in order; never empty
  std::vector<int64_t> failover_statuses{500, 502, 503, 504};
  bool operator==(const OriginGroupConfig&) const = default;
};

// Names of parameters or cookies; `mode` as in KeyPolicy.Selection.
struct Selection {
  enum class Mode : uint8_t { AsIs, All, None, Allow, Deny };
  Mode mode = Mode::AsIs;
  std::vector<std::string> names;
  bool operator==(const Selection&) const = default;
};

struct KeyPolicy {
  Selection query;
  Selection cookies;
  std::vector<std::string> headers;
  bool device = false;
  bool operator==(const KeyPolicy&) const = default;
};

struct StatusTtl {
  int64_t status = 0;
  std::chrono::milliseconds ttl{0};
  bool operator==(const StatusTtl&) const = default;
};

struct CachePolicy {
  bool enabled = true;
  std::optional<std::chrono::milliseconds> default_ttl;
  std::optional<std::chrono::milliseconds> min_ttl;
  std::optional<std::chrono::milliseconds> max_ttl;
  std::optional<ByteSize> max_object;
  bool honour_request_directives = true;
  bool collapse = true;
  KeyPolicy key;
  std::vector<StatusTtl> ttl_by_status;
  bool operator==(const CachePolicy&) const = default;
};

// Fields of one direction: names removed, and "name", "value" set in place of what was there.
struct HeaderEdits {
  std::vector<std::string> remove;
  std::vector<std::pair<std::string, std::string>> set;
  bool operator==(const HeaderEdits&) const = default;
};

struct Compression {
  std::vector<std::string> codings;  // empty: off
  std::vector<std::string> types;    // lower case
  ByteSize min_size{1024};
  ByteSize max_size{10'485'760};
  bool operator==(const Compression&) const = default;
};

// How closely clients are told apart by where they are.
enum class ViewerPlace : uint8_t { None, Country, City };

enum class ViewerProtocol : uint8_t { Any, RedirectToHttps, HttpsOnly };

struct BehaviourConfig {
  std::string path;                          // pattern
  std::string origin_group;                  // OriginGroupConfig::id
  std::vector<std::string> allowed_methods;  // empty: all
  CachePolicy cache;
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  ViewerProtocol viewer_protocol = ViewerProtocol::Any;
  int64_t https_port = 443;
  Compression compression;
  std::vector<std::string> signing_keys;  // SigningKey::id; empty: URLs need not be signed
  ViewerPlace viewer_place = ViewerPlace::None;
  bool operator==(const BehaviourConfig&) const = default;
};

struct ErrorPage {
  std::vector<int64_t> statuses;
  std::string path;
  int64_t response_status = 0;  // 0: the error's own
  std::optional<std::chrono::milliseconds> ttl;
  bool operator==(const ErrorPage&) const = default;
};

struct DistributionConfig {
  std::string id;
  std::vector<std::string> hosts;           // lower case: "a.example", "*.a.example" or "*"
  std::vector<BehaviourConfig> behaviours;  // the last one has path "*"
  std::string canonical_host;               // one of hosts; empty: none
  std::vector<ErrorPage> error_pages;
  bool operator==(const DistributionConfig&) const = default;
};

struct SigningKey {
  std::string id;
  std::string secret;  // bytes
  bool operator==(const SigningKey&) const = default;
};

// What the edges need, and nothing else: a change here is a new snapshot.
struct Content {
  std::vector<OriginConfig> origins;
  std::vector<OriginGroupConfig> origin_groups;
  std::vector<DistributionConfig> distributions;
  std::vector<SigningKey> signing_keys;
  std::vector<TierConfig> tiers;
  bool operator==(const Content&) const = default;
};

// The part of [dns] that cannot change while the program runs.
struct FixedDns {
  dns::ServerOptions server;
  // After the start, how long PoPs may take to be heard of before names are answered without them.
  std::chrono::milliseconds settle{3'000};
  bool operator==(const FixedDns&) const = default;
};

// Mutual TLS with nodes and origins (docs/trust.md).
struct TrustConfig {
  bool enabled = false;
  std::string name = "main";  // of this control plane, in its certificate
  std::chrono::milliseconds certificate_life = std::chrono::days{7};
  bool operator==(const TrustConfig&) const = default;
};

// What cannot change while the program runs.
struct Fixed {
  std::string listen = "127.0.0.1:8000";        // HTTP
  std::string fleet_listen = "127.0.0.1:8001";  // gRPC
  std::string state_dir;
  std::chrono::milliseconds lease{2'000};
  std::optional<FixedDns> dns;  // empty: DNS is not answered
  TrustConfig trust;
  bool operator==(const Fixed&) const = default;
};

struct ApiConfig {
  Authentication authentication = Authentication::Off;
  bool operator==(const ApiConfig&) const = default;
};

// Who goes where.
struct RoutingConfig {
  std::string matrix_path;  // empty: nothing was measured
  std::string regions_path;
  double radius_km = 500;
  geo::SpillRule spill;
  std::chrono::milliseconds spill_interval{20'000};  // between two steps
  // Of content.distributions, by index; PoPs by their index in `pops`.
  std::vector<geo::PolicySpec> distributions;
  bool operator==(const RoutingConfig&) const = default;
};

struct Config {
  Fixed fixed;
  ApiConfig api;
  std::vector<std::string> geo_databases;  // paths; the first that knows an address answers
  std::string subnets_path;                // empty: none
  // Proxies whose X-Forwarded-For is believed.
  std::vector<geo::Prefix> trusted_proxies;
  // Believe X-Atoll-Client-IP from anybody: for demonstrations.
  bool allow_client_override = false;
  // Host names, besides addresses and "localhost", under which the API may be called.
  std::vector<std::string> api_hosts;
  std::vector<PopConfig> pops;
  RoutingConfig routing;
  Content content;
  std::optional<dns::ZoneSpec> zone;     // of Fixed::dns
  std::string zone_key_path;             // empty: the zone is not signed
  std::vector<geo::SubnetRule> subnets;  // read from subnets_path
  bool operator==(const Config&) const = default;
};

}  // namespace atl::control
