#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "edge/cache/freshness.h"
#include "edge/policy/compression_policy.h"
#include "edge/policy/header_edits.h"
#include "edge/policy/key_policy.h"
#include "edge/policy/signed_url.h"
#include "lib/ring/ring.h"

namespace atl::edge {

// ---- What the control plane sends: plain mirrors of proto/control.proto, see there for meaning
// ----

struct CachePolicy {
  bool enabled = true;
  std::optional<std::chrono::milliseconds> default_ttl;
  std::optional<std::chrono::milliseconds> min_ttl;
  std::optional<std::chrono::milliseconds> max_ttl;
  std::optional<uint64_t> max_object_bytes;
  bool honour_request_directives = true;
  bool collapse = true;
  policy::KeyPolicy key;
  std::vector<cache::StatusTtl> ttl_by_status;
};

enum class ViewerProtocol : uint8_t { Any, RedirectToHttps, HttpsOnly };

struct BehaviourConfig {
  std::string path_pattern = "*";
  std::string origin_group;
  CachePolicy cache;
  std::vector<std::string> allowed_methods;  // empty: all
  policy::HeaderEdits request_headers;
  policy::HeaderEdits response_headers;
  ViewerProtocol viewer_protocol = ViewerProtocol::Any;
  uint32_t https_port = 0;  // 0 stands for 443
  policy::CompressionPolicy compression;
  std::vector<std::string> signing_keys;  // ids; empty: URLs need not be signed
  policy::PlaceLevel viewer_place = policy::PlaceLevel::None;
};

struct ErrorPageConfig {
  std::vector<uint32_t> statuses;
  std::string path;
  uint32_t response_status = 0;  // 0: the error's own
  std::optional<std::chrono::milliseconds> ttl;
};

struct DistributionConfig {
  std::string id;
  std::vector<std::string> hosts;
  std::vector<BehaviourConfig> behaviours;
  std::string canonical_host;  // empty: none
  std::vector<ErrorPageConfig> error_pages;
};

struct OriginGroupConfig {
  std::string id;
  std::vector<std::string> origins;
  std::vector<uint32_t> failover_statuses;  // empty: 500, 502, 503, 504
};

struct BreakerSettings {
  bool enabled = true;
  uint32_t failures = 10;  // in a row that open it; 0: not counted
  uint32_t percent = 50;   // of the attempts within the window; 0: not counted
  uint32_t at_least = 20;  // attempts within the window before `percent` says something
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds open{1'000};  // how long nothing is sent
  uint32_t probes = 1;                    // at once while half-open, and successes that close it
  bool operator==(const BreakerSettings&) const = default;
};

struct HealthCheck {
  std::string path;
  std::string host;
  std::chrono::milliseconds interval{5'000};
  std::chrono::milliseconds timeout{2'000};
  uint32_t unhealthy_after = 3;  // bad answers in a row
  uint32_t healthy_after = 1;    // good answers in a row
  bool operator==(const HealthCheck&) const = default;
};

struct OriginEndpoint {
  std::string id;
  std::string endpoint;  // gRPC, "host:port"
  std::string source;
  std::chrono::milliseconds head_timeout{30'000};  // 0 stands for the default
  std::chrono::milliseconds timeout{0};            // 0: none
  uint32_t max_requests = 0;                       // of this node, at once; 0: no limit
  uint32_t max_queued = 0;
  std::chrono::milliseconds queue_time{1'000};
  BreakerSettings breaker = {};
  std::optional<HealthCheck> health_check = {};
  // It is not an origin but another edge (docs/tiers.md): what it answers is somebody else's word.
  bool peer = false;
  // Under mutual TLS, whose certificate it must show; empty: any origin's. The table fills it in.
  std::string certificate = {};
  // Id, endpoint and source: what is known of an origin's health is of this, over snapshots too.
  // The table fills it in.
  std::string identity = {};
};

struct SigningKeyConfig {
  std::string id;
  std::string secret;
};

struct PopConfig {
  struct Node {
    std::string name;
    std::string peer;  // gRPC, "host:port"
  };
  std::string id;
  std::string shield;  // another PoP; empty: none
  std::vector<Node> nodes;
};

struct RouteConfig {
  uint64_t version = 0;
  std::vector<DistributionConfig> distributions;
  std::vector<OriginGroupConfig> origin_groups;
  std::vector<OriginEndpoint> origins;
  std::vector<SigningKeyConfig> signing_keys;
  std::vector<PopConfig> pops;
};

// ---- What a request uses ---------------------------------------------------------------------

// An origin group with its names looked up. Lives as long as its table.
struct OriginGroup {
  std::string id;
  std::vector<const OriginEndpoint*> members;  // never empty
  std::vector<uint16_t> failover_statuses;     // sorted, never empty

  bool fails_over(uint16_t status) const;
};

struct Behaviour {
  std::string path_pattern;
  CachePolicy cache;
  std::vector<std::string> allowed_methods;  // empty: all
  std::string allow;                         // value of Allow in a 405
  std::string vary;                          // cache.key.vary(); empty without a cache
  const OriginGroup* origin_group = nullptr;
  policy::HeaderEdits request_headers;
  // Besides what the behaviour says, it hides the fields that are meant for caches like this one.
  policy::HeaderEdits response_headers;
  ViewerProtocol viewer_protocol = ViewerProtocol::Any;
  uint16_t https_port = 443;
  policy::CompressionPolicy compression;
  std::vector<policy::SigningKey> signing_keys;  // empty: URLs need not be signed
  // What requests that are not answered from the cache become: nothing but their place is added.
  policy::KeyPolicy uncached;

  const policy::KeyPolicy& shaped_by() const { return cache.enabled ? cache.key : uncached; }
  bool allows(std::string_view method) const;
};

struct ErrorPage {
  uint16_t status = 0;
  std::string path;
  uint16_t response_status = 0;
};

struct Distribution {
  std::string id;
  std::vector<Behaviour> behaviours;  // the last one matches everything
  std::string canonical_host;         // takes the place of the request's authority; empty: none

  std::vector<ErrorPage> error_pages;

  // Null: an answer of this status is passed on as it is.
  const ErrorPage* error_page(uint16_t status) const {
    for (const ErrorPage& page : error_pages) {
      if (page.status == status) return &page;
    }
    return nullptr;
  }
  // The first behaviour whose pattern matches. `path`: see normalise_path(). Does not allocate.
  const Behaviour* match(std::string_view path) const;
};

struct Route {
  const Distribution* distribution = nullptr;
  const Behaviour* behaviour = nullptr;
  explicit operator bool() const { return behaviour != nullptr; }
};

// A PoP as its nodes and those that have it for a shield see it. Lives as long as its table.
struct Pop {
  std::string id;
  const Pop* shield = nullptr;        // null: none
  ring::Ring ring;                    // of the nodes' names
  std::vector<OriginEndpoint> peers;  // in the order of the ring
};

// Immutable; any thread. Replaced as a whole: a request keeps the table it began with.
class RouteTable {
 public:
  // Everything that is wrong with `config`, one sentence each, when anything is.
  static std::expected<std::shared_ptr<const RouteTable>, std::vector<std::string>> build(
      RouteConfig config);

  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  uint64_t version() const { return version_; }
  // Some behaviour tells clients apart by where they are.
  bool asks_place() const { return asks_place_; }

  // The distribution of a host: the exact name, else the longest "*.suffix", else "*". `host`:
  // lower case, without port (see normalise_host()). Null: no distribution has it.
  const Distribution* find_host(std::string_view host) const;

  // The behaviour of a path: the first that matches. `path`: see normalise_path(). Does not
  // allocate.
  Route match(std::string_view host, std::string_view path) const;

  // For health reports, in the order of the configuration.
  const std::vector<OriginEndpoint>& origins() const { return origins_; }

  const std::vector<Pop>& pops() const { return pops_; }
  // Null: it shares nothing and has no shield.
  const Pop* find_pop(std::string_view id) const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using HostIndex = std::unordered_map<std::string, const Distribution*, TextHash, std::equal_to<>>;

  RouteTable() = default;

  uint64_t version_ = 0;
  bool asks_place_ = false;
  std::vector<OriginEndpoint> origins_;
  std::vector<OriginGroup> groups_;
  std::vector<Distribution> distributions_;
  std::vector<Pop> pops_;
  HostIndex exact_;
  HostIndex suffixes_;  // "*.example.org" under "example.org"
  const Distribution* any_ = nullptr;

  friend class RouteTableBuilder;
};

}  // namespace atl::edge
