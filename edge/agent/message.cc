#include "edge/agent/message.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace atl::edge {
namespace {

using std::chrono::milliseconds;

// Durations beyond this are for ever; keeps the sums of everybody else from overflowing.
constexpr uint64_t kLongest = uint64_t{100} * 366 * 24 * 3600 * 1000;

milliseconds duration(uint64_t ms) { return milliseconds(std::min(ms, kLongest)); }

policy::Selection selection(v1::KeyPolicy::Selection mode,
                            const google::protobuf::RepeatedPtrField<std::string>& names) {
  using enum policy::Selection::Mode;
  const policy::NameList list({names.begin(), names.end()});
  switch (mode) {
    case v1::KeyPolicy::ALL:
      return {All, {}};
    case v1::KeyPolicy::NONE:
      return {None, {}};
    case v1::KeyPolicy::ALLOW:
      return {Allow, list};
    case v1::KeyPolicy::DENY:
      return {Deny, list};
    default:  // a mode this version does not know joins nothing
      return {AsIs, {}};
  }
}

policy::KeyPolicy from_proto(const v1::KeyPolicy& in) {
  return {.query = selection(in.query(), in.query_names()),
          .cookies = selection(in.cookies(), in.cookie_names()),
          .headers = {in.headers().begin(), in.headers().end()},
          .device = in.device()};
}

CachePolicy from_proto(const v1::CachePolicy& in) {
  CachePolicy out;
  if (in.has_enabled()) out.enabled = in.enabled();
  if (in.has_default_ttl_ms()) out.default_ttl = duration(in.default_ttl_ms());
  if (in.has_min_ttl_ms()) out.min_ttl = duration(in.min_ttl_ms());
  if (in.has_max_ttl_ms()) out.max_ttl = duration(in.max_ttl_ms());
  if (in.has_max_object_bytes()) out.max_object_bytes = in.max_object_bytes();
  if (in.has_honour_request_directives()) {
    out.honour_request_directives = in.honour_request_directives();
  }
  if (in.has_collapse()) out.collapse = in.collapse();
  out.key = from_proto(in.key());
  for (const v1::StatusTtl& entry : in.ttl_by_status()) {
    // Out of range, it is refused with the rest of the snapshot.
    const auto status = static_cast<uint16_t>(std::min(entry.status(), 65'535U));
    out.ttl_by_status.push_back({status, duration(entry.ttl_ms())});
  }
  return out;
}

policy::HeaderEdits from_proto(const v1::HeaderEdits& in) {
  std::vector<policy::HeaderEdits::Line> set;
  for (const auto& line : in.set()) set.emplace_back(line.name(), line.value());
  return {{in.remove().begin(), in.remove().end()}, set};
}

BehaviourConfig from_proto(const v1::Behaviour& in) {
  BehaviourConfig out{.path_pattern = in.path_pattern(),
                      .origin_group = in.origin_group(),
                      .cache = from_proto(in.cache()),
                      .allowed_methods = {in.allowed_methods().begin(), in.allowed_methods().end()},
                      .request_headers = from_proto(in.request_headers()),
                      .response_headers = from_proto(in.response_headers()),
                      .https_port = in.https_port()};
  for (const std::string& token : in.compression().codings()) {
    // One that this version does not know is not offered.
    if (const auto coding = policy::parse_coding(token)) {
      if (*coding != policy::Coding::Identity) out.compression.codings.push_back(*coding);
    }
  }
  out.signing_keys.assign(in.signing_keys().begin(), in.signing_keys().end());
  out.compression.types =
      policy::NameList({in.compression().types().begin(), in.compression().types().end()});
  out.compression.min_bytes = in.compression().min_bytes();
  out.compression.max_bytes = in.compression().max_bytes();
  switch (in.viewer_place()) {
    case v1::Behaviour::COUNTRY:
      out.viewer_place = policy::PlaceLevel::Country;
      break;
    case v1::Behaviour::CITY:
      out.viewer_place = policy::PlaceLevel::City;
      break;
    default:  // NOWHERE; one that this version does not know cannot be told apart
      break;
  }
  switch (in.viewer_protocol()) {
    case v1::Behaviour::ANY:
      break;
    case v1::Behaviour::REDIRECT_TO_HTTPS:
      out.viewer_protocol = ViewerProtocol::RedirectToHttps;
      break;
    default:  // HTTPS_ONLY; what this version does not know is no reason to be less strict
      out.viewer_protocol = ViewerProtocol::HttpsOnly;
      break;
  }
  return out;
}

DistributionConfig from_proto(const v1::Distribution& in) {
  DistributionConfig out;
  out.id = in.id();
  out.hosts.assign(in.hosts().begin(), in.hosts().end());
  out.canonical_host = in.canonical_host();
  for (const v1::ErrorPage& page : in.error_pages()) {
    ErrorPageConfig& added = out.error_pages.emplace_back();
    added.statuses.assign(page.statuses().begin(), page.statuses().end());
    added.path = page.path();
    added.response_status = page.response_status();
    if (page.has_ttl_ms()) added.ttl = duration(page.ttl_ms());
  }
  for (const v1::Behaviour& behaviour : in.behaviours()) {
    out.behaviours.push_back(from_proto(behaviour));
  }
  return out;
}

OriginEndpoint from_proto(const v1::OriginEndpoint& in) {
  OriginEndpoint out;
  out.id = in.id();
  out.endpoint = in.endpoint();
  out.source = in.source();
  out.head_timeout = duration(in.head_timeout_ms());
  out.timeout = duration(in.timeout_ms());
  out.max_requests = in.max_requests();
  out.max_queued = in.max_queued();
  if (in.queue_ms() != 0) out.queue_time = duration(in.queue_ms());
  if (in.has_breaker()) {
    const v1::Breaker& breaker = in.breaker();
    out.breaker = {.enabled = !breaker.disabled(),
                   .failures = breaker.failures(),
                   .percent = breaker.percent(),
                   .at_least = breaker.at_least(),
                   .window = duration(breaker.window_ms()),
                   .open = duration(breaker.open_ms()),
                   .probes = breaker.probes()};
  }
  if (in.has_health_check()) {
    const v1::HealthCheck& check = in.health_check();
    out.health_check = HealthCheck{.path = check.path(),
                                   .host = check.host(),
                                   .interval = duration(check.interval_ms()),
                                   .timeout = duration(check.timeout_ms()),
                                   .unhealthy_after = check.unhealthy_after(),
                                   .healthy_after = check.healthy_after()};
  }
  return out;
}

// Trailing zero buckets are left out.
void put(const Histogram& in, v1::Histogram& out) {
  size_t used = in.buckets.size();
  while (used > 0 && in.buckets[used - 1] == 0) --used;
  for (size_t i = 0; i < used; ++i) out.add_buckets(in.buckets[i]);
  out.set_sum_us(in.sum_us);
}

}  // namespace

RouteConfig from_proto(const v1::Snapshot& in) {
  RouteConfig out;
  out.version = in.version();
  for (const v1::Distribution& distribution : in.distributions()) {
    out.distributions.push_back(from_proto(distribution));
  }
  for (const v1::OriginGroup& group : in.origin_groups()) {
    out.origin_groups.push_back(
        {group.id(),
         {group.origins().begin(), group.origins().end()},
         {group.failover_statuses().begin(), group.failover_statuses().end()}});
  }
  for (const v1::SigningKey& key : in.signing_keys()) {
    out.signing_keys.push_back({key.id(), key.secret()});
  }
  for (const v1::OriginEndpoint& origin : in.origins()) {
    out.origins.push_back(from_proto(origin));
  }
  for (const v1::Pop& pop : in.pops()) {
    PopConfig& added = out.pops.emplace_back();
    added.id = pop.id();
    added.shield = pop.shield();
    for (const v1::Pop::Node& node : pop.nodes()) added.nodes.push_back({node.name(), node.peer()});
  }
  return out;
}

std::expected<PurgeSpec, std::string> from_proto(const v1::Purge& in) {
  using Kind = PurgeSpec::Kind;
  switch (in.what_case()) {
    case v1::Purge::kUrl:
      return PurgeSpec{Kind::Url, in.url(), in.soft()};
    case v1::Purge::kPrefix:
      return PurgeSpec{Kind::Prefix, in.prefix(), in.soft()};
    case v1::Purge::kHost:
      return PurgeSpec{Kind::Host, in.host(), in.soft()};
    case v1::Purge::kTag:
      return PurgeSpec{Kind::Tag, in.tag(), in.soft()};
    case v1::Purge::kEverything:
      return PurgeSpec{Kind::Everything, "", in.soft()};
    case v1::Purge::WHAT_NOT_SET:
      break;
  }
  return std::unexpected("it is of a kind that this version does not know");
}

v1::Health to_proto(const NodeHealth& in) {
  v1::Health out;
  out.set_serving(in.serving);
  out.set_detail(in.detail);
  out.set_connections(in.connections);
  out.set_requests_in_flight(in.requests_in_flight);
  out.set_cpu_millicores(in.cpu_millicores);
  for (const OriginHealth& origin : in.origins) {
    v1::Health::OriginHealth& added = *out.add_origins();
    added.set_origin(origin.origin);
    added.set_reachable(origin.reachable);
    added.set_detail(origin.detail);
  }
  return out;
}

v1::Statistics to_proto(const NodeStatistics& in) {
  v1::Statistics out;
  out.set_time_ms(in.time_ms);
  out.set_hits(in.hits);
  out.set_stale(in.stale);
  out.set_revalidated(in.revalidated);
  out.set_misses(in.misses);
  out.set_collapsed(in.collapsed);
  out.set_bypassed(in.bypassed);
  out.set_errors(in.errors);
  out.set_refused(in.refused);
  out.set_bytes_out(in.bytes_out);
  out.set_bytes_from_cache(in.bytes_from_cache);
  out.set_bytes_in(in.bytes_in);
  out.set_connections_accepted(in.connections_accepted);
  out.set_cache_objects(in.cache_objects);
  out.set_cache_bytes(in.cache_bytes);
  out.set_cache_evictions(in.cache_evictions);
  out.set_disk_hits(in.disk_hits);
  out.set_disk_objects(in.disk_objects);
  out.set_disk_capacity(in.disk_capacity);
  out.set_disk_bytes_served(in.disk_bytes_served);
  out.set_disk_bytes_written(in.disk_bytes_written);
  out.set_disk_volumes_failed(in.disk_volumes_failed);
  put(in.ttfb_hit, *out.mutable_ttfb_hit());
  put(in.ttfb_miss, *out.mutable_ttfb_miss());
  return out;
}

}  // namespace atl::edge
