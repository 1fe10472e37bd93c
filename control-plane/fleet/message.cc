#include "control-plane/fleet/message.h"

#include <algorithm>
#include <utility>

namespace atl::control {
namespace {

constexpr size_t kLongestDetail = 512;  // bytes of text for people
constexpr int kMostOrigins = 1024;
constexpr int kMostObserved = 64;
constexpr int kBuckets = 128;

// Not through the middle of a UTF-8 sequence.
std::string cut(std::string text) {
  if (text.size() <= kLongestDetail) return text;
  size_t end = kLongestDetail;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

Latencies from_proto(const v1::Histogram& histogram) {
  Latencies latencies;
  const int count = std::min(histogram.buckets_size(), kBuckets);
  latencies.buckets.assign(histogram.buckets().begin(), histogram.buckets().begin() + count);
  latencies.sum_us = histogram.sum_us();
  return latencies;
}

}  // namespace

NodeHello from_proto(v1::Hello& hello) {
  NodeHello out;
  out.pop = std::move(*hello.mutable_pop());
  out.node = hello.node().empty() ? "0" : std::move(*hello.mutable_node());
  out.instance = std::move(*hello.mutable_instance());
  out.version = std::move(*hello.mutable_version());
  for (std::string& endpoint : *hello.mutable_http_endpoints()) {
    out.endpoints.push_back(std::move(endpoint));
  }
  out.workers = hello.workers();
  out.cache_capacity = hello.cache_capacity();
  out.snapshot_version = hello.snapshot_version();
  out.last_purge = hello.last_purge();
  out.draining = hello.draining();
  return out;
}

NodeHealth from_proto(v1::Health& health) {
  NodeHealth out;
  out.serving = health.serving();
  out.detail = cut(std::move(*health.mutable_detail()));
  out.connections = health.connections();
  out.requests_in_flight = health.requests_in_flight();
  out.cpu_millicores = health.cpu_millicores();
  const int count = std::min(health.origins_size(), kMostOrigins);
  for (int i = 0; i < count; ++i) {
    v1::Health::OriginHealth& origin = *health.mutable_origins(i);
    out.origins.push_back({cut(std::move(*origin.mutable_origin())), origin.reachable(),
                           cut(std::move(*origin.mutable_detail()))});
  }
  const int observed = std::min(health.observed_size(), kMostObserved);
  for (int i = 0; i < observed; ++i) {
    v1::Health::Observation& seen = *health.mutable_observed(i);
    out.observed.push_back({cut(std::move(*seen.mutable_pop())),
                            cut(std::move(*seen.mutable_node())), seen.reachable(),
                            cut(std::move(*seen.mutable_detail())),
                            std::chrono::milliseconds(seen.age_ms())});
  }
  return out;
}

NodeStatistics from_proto(const v1::Statistics& in) {
  NodeStatistics out;
  out.time_ms = in.time_ms();
  // In the order of Counter.
  out.counts = {in.hits(),
                in.stale(),
                in.revalidated(),
                in.misses(),
                in.collapsed(),
                in.bypassed(),
                in.errors(),
                in.refused(),
                in.bytes_out(),
                in.bytes_from_cache(),
                in.bytes_in(),
                in.connections_accepted(),
                in.cache_evictions(),
                in.cache_objects(),
                in.cache_bytes()};
  out.ttfb_hit = from_proto(in.ttfb_hit());
  out.ttfb_miss = from_proto(in.ttfb_miss());
  return out;
}

v1::Purge to_proto(const Purge& purge) {
  v1::Purge out;
  out.set_number(purge.number);
  out.set_soft(purge.what.soft);
  switch (purge.what.kind) {
    case PurgeRequest::Kind::Url:
      out.set_url(purge.what.value);
      break;
    case PurgeRequest::Kind::Prefix:
      out.set_prefix(purge.what.value);
      break;
    case PurgeRequest::Kind::Host:
      out.set_host(purge.what.value);
      break;
    case PurgeRequest::Kind::Tag:
      out.set_tag(purge.what.value);
      break;
    case PurgeRequest::Kind::Everything:
      out.set_everything(true);
      break;
  }
  return out;
}

}  // namespace atl::control
