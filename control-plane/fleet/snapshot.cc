#include "control-plane/fleet/snapshot.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstdio>
#include <utility>

#include "lib/base/durable_file.h"
#include "proto/control.pb.h"

namespace atl::control {
namespace {

uint64_t milliseconds(std::chrono::milliseconds duration) {
  return static_cast<uint64_t>(duration.count());
}

v1::KeyPolicy::Selection mode_of(const Selection& selection) {
  switch (selection.mode) {
    case Selection::Mode::AsIs:
      return v1::KeyPolicy::AS_IS;
    case Selection::Mode::All:
      return v1::KeyPolicy::ALL;
    case Selection::Mode::None:
      return v1::KeyPolicy::NONE;
    case Selection::Mode::Allow:
      return v1::KeyPolicy::ALLOW;
    case Selection::Mode::Deny:
      return v1::KeyPolicy::DENY;
  }
  return v1::KeyPolicy::AS_IS;
}

void put_key(const KeyPolicy& key, v1::KeyPolicy& out) {
  out.set_query(mode_of(key.query));
  for (const std::string& name : key.query.names) out.add_query_names(name);
  out.set_cookies(mode_of(key.cookies));
  for (const std::string& name : key.cookies.names) out.add_cookie_names(name);
  for (const std::string& header : key.headers) out.add_headers(header);
  out.set_device(key.device);
}

void put_cache(const CachePolicy& cache, v1::CachePolicy& out) {
  out.set_enabled(cache.enabled);
  if (cache.default_ttl) out.set_default_ttl_ms(milliseconds(*cache.default_ttl));
  if (cache.min_ttl) out.set_min_ttl_ms(milliseconds(*cache.min_ttl));
  if (cache.max_ttl) out.set_max_ttl_ms(milliseconds(*cache.max_ttl));
  if (cache.max_object) out.set_max_object_bytes(cache.max_object->count);
  out.set_honour_request_directives(cache.honour_request_directives);
  out.set_collapse(cache.collapse);
  if (cache.key != KeyPolicy{}) put_key(cache.key, *out.mutable_key());
  for (const StatusTtl& entry : cache.ttl_by_status) {
    v1::StatusTtl& added = *out.add_ttl_by_status();
    added.set_status(static_cast<uint32_t>(entry.status));
    added.set_ttl_ms(milliseconds(entry.ttl));
  }
}

void put_headers(const HeaderEdits& edits, v1::HeaderEdits& out) {
  for (const std::string& name : edits.remove) out.add_remove(name);
  for (const auto& [name, value] : edits.set) {
    v1::HeaderEdits::Line& added = *out.add_set();
    added.set_name(name);
    added.set_value(value);
  }
}

v1::Behaviour::Place place_of(ViewerPlace place) {
  switch (place) {
    case ViewerPlace::None:
      return v1::Behaviour::NOWHERE;
    case ViewerPlace::Country:
      return v1::Behaviour::COUNTRY;
    case ViewerPlace::City:
      return v1::Behaviour::CITY;
  }
  return v1::Behaviour::NOWHERE;
}

v1::Behaviour::Protocol protocol_of(ViewerProtocol protocol) {
  switch (protocol) {
    case ViewerProtocol::Any:
      return v1::Behaviour::ANY;
    case ViewerProtocol::RedirectToHttps:
      return v1::Behaviour::REDIRECT_TO_HTTPS;
    case ViewerProtocol::HttpsOnly:
      return v1::Behaviour::HTTPS_ONLY;
  }
  return v1::Behaviour::ANY;
}

void put_compression(const Compression& compression, v1::Compression& out) {
  if (compression.codings.empty()) return;
  for (const std::string& coding : compression.codings) out.add_codings(coding);
  for (const std::string& type : compression.types) out.add_types(type);
  out.set_min_bytes(compression.min_size.count);
  out.set_max_bytes(compression.max_size.count);
}

void put_distribution(const DistributionConfig& distribution, v1::Distribution& out) {
  out.set_id(distribution.id);
  for (const std::string& host : distribution.hosts) out.add_hosts(host);
  out.set_canonical_host(distribution.canonical_host);
  for (const ErrorPage& page : distribution.error_pages) {
    v1::ErrorPage& added = *out.add_error_pages();
    for (const int64_t status : page.statuses) added.add_statuses(static_cast<uint32_t>(status));
    added.set_path(page.path);
    added.set_response_status(static_cast<uint32_t>(page.response_status));
    if (page.ttl) added.set_ttl_ms(milliseconds(*page.ttl));
  }
  for (const BehaviourConfig& behaviour : distribution.behaviours) {
    v1::Behaviour& added = *out.add_behaviours();
    added.set_path_pattern(behaviour.path);
    added.set_origin_group(behaviour.origin_group);
    put_cache(behaviour.cache, *added.mutable_cache());
    for (const std::string& method : behaviour.allowed_methods) added.add_allowed_methods(method);
    put_headers(behaviour.request_headers, *added.mutable_request_headers());
    put_headers(behaviour.response_headers, *added.mutable_response_headers());
    added.set_viewer_protocol(protocol_of(behaviour.viewer_protocol));
    added.set_viewer_place(place_of(behaviour.viewer_place));
    added.set_https_port(static_cast<uint32_t>(behaviour.https_port));
    put_compression(behaviour.compression, *added.mutable_compression());
    for (const std::string& key : behaviour.signing_keys) added.add_signing_keys(key);
  }
}

void put_breaker(const BreakerConfig& breaker, v1::Breaker& out) {
  out.set_disabled(!breaker.enabled);
  out.set_failures(breaker.failures);
  out.set_percent(breaker.percent);
  out.set_at_least(breaker.at_least);
  out.set_window_ms(static_cast<uint32_t>(milliseconds(breaker.window)));
  out.set_open_ms(static_cast<uint32_t>(milliseconds(breaker.open)));
  out.set_probes(breaker.probes);
}

void put_health_check(const HealthCheckConfig& check, v1::HealthCheck& out) {
  out.set_path(check.path);
  out.set_host(check.host);
  out.set_interval_ms(static_cast<uint32_t>(milliseconds(check.interval)));
  out.set_timeout_ms(static_cast<uint32_t>(milliseconds(check.timeout)));
  out.set_unhealthy_after(check.unhealthy_after);
  out.set_healthy_after(check.healthy_after);
}

void put_origin(const OriginConfig& origin, v1::OriginEndpoint& out) {
  out.set_id(origin.id);
  out.set_endpoint(origin.endpoint);
  out.set_source(origin.source);
  out.set_head_timeout_ms(static_cast<uint32_t>(milliseconds(origin.head_timeout)));
  out.set_timeout_ms(static_cast<uint32_t>(milliseconds(origin.timeout)));
  out.set_max_requests(origin.max_requests);
  out.set_max_queued(origin.max_queued);
  out.set_queue_ms(static_cast<uint32_t>(milliseconds(origin.queue_time)));
  put_breaker(origin.breaker, *out.mutable_breaker());
  if (origin.health_check) put_health_check(*origin.health_check, *out.mutable_health_check());
}

void put_tier(const TierConfig& tier, v1::Pop& out) {
  out.set_id(tier.id);
  out.set_shield(tier.shield);
  for (const NodeConfig& node : tier.nodes) {
    v1::Pop::Node& added = *out.add_nodes();
    added.set_name(node.name);
    added.set_peer(node.peer);
  }
}

constexpr char kVersionLine[] = "atoll snapshot version 1: {} {:016x} {:016x}\n";

// So that neither number can change unnoticed.
uint64_t line_sum(uint64_t version, uint64_t content_sum) {
  const uint64_t numbers[] = {version, content_sum};
  return XXH3_64bits(numbers, sizeof numbers);
}

}  // namespace

std::string encode_snapshot(const Content& content, uint64_t version) {
  v1::Snapshot snapshot;
  snapshot.set_version(version);
  for (const OriginConfig& origin : content.origins) {
    put_origin(origin, *snapshot.add_origins());
  }
  for (const OriginGroupConfig& group : content.origin_groups) {
    v1::OriginGroup& added = *snapshot.add_origin_groups();
    added.set_id(group.id);
    for (const std::string& origin : group.origins) added.add_origins(origin);
    for (const int64_t status : group.failover_statuses) {
      added.add_failover_statuses(static_cast<uint32_t>(status));
    }
  }
  for (const SigningKey& key : content.signing_keys) {
    v1::SigningKey& added = *snapshot.add_signing_keys();
    added.set_id(key.id);
    added.set_secret(key.secret);
  }
  for (const DistributionConfig& distribution : content.distributions) {
    put_distribution(distribution, *snapshot.add_distributions());
  }
  for (const TierConfig& tier : content.tiers) put_tier(tier, *snapshot.add_pops());
  return snapshot.SerializeAsString();
}

std::expected<SnapshotVersions, std::string> SnapshotVersions::open(std::string path,
                                                                    uint64_t now_seconds,
                                                                    std::string& warning) {
  const auto bytes = read_file(path, 4096);
  if (!bytes) return std::unexpected(bytes.error());
  SnapshotVersions versions(std::move(path));
  if (!*bytes) return versions;
  unsigned long long version = 0;
  unsigned long long content_sum = 0;
  unsigned long long sum = 0;
  const int read = std::sscanf((*bytes)->c_str(), "atoll snapshot version 1: %llu %llx %llx\n",
                               &version, &content_sum, &sum);
  if (read == 3 && sum == line_sum(version, content_sum)) {
    versions.version_ = version;
    versions.content_sum_ = content_sum;
    return versions;
  }
  // Versions are given out far more slowly than one a second.
  versions.version_ = now_seconds;
  warning = fmt::format("{}: damaged: versions go on at {}", versions.path_, now_seconds + 1);
  return versions;
}

std::expected<std::shared_ptr<const SnapshotData>, std::string> SnapshotVersions::next(
    const Content& content) {
  const std::string unversioned = encode_snapshot(content, 0);
  const uint64_t sum = XXH3_64bits(unversioned.data(), unversioned.size());
  if (version_ == 0 || sum != content_sum_) {
    const uint64_t version = version_ + 1;
    auto written =
        replace_file(path_, fmt::format(kVersionLine, version, sum, line_sum(version, sum)));
    if (!written) return std::unexpected(written.error());
    version_ = version;
    content_sum_ = sum;
  }
  return std::make_shared<const SnapshotData>(version_, encode_snapshot(content, version_));
}

}  // namespace atl::control
