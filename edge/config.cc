#include "edge/config.h"

#include <algorithm>

#include "lib/trust/exposure.h"

namespace atl::edge {
namespace {

// A PoP's name becomes part of field values (Via, Cache-Status), so it is a token.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void check_name(config::Section& section, std::string_view key, const std::string& value) {
  if (!value.empty() && !is_name(value)) {
    section.problem(key, "must be letters, digits, \"-\", \"_\" and \".\", at most 64 of them");
  }
}

server::Limits read_limits(config::Section section) {
  server::Limits limits;
  limits.request_line = section.bytes("request_line", limits.request_line, ByteSize{256});
  limits.head = section.bytes("head", limits.head, 1_KiB);
  limits.fields = static_cast<uint32_t>(section.integer("fields", limits.fields, {8, 1024}));
  limits.body = section.bytes("body", limits.body);
  const std::chrono::milliseconds least{1};
  limits.head_time = section.duration("head_time", limits.head_time, least);
  limits.body_idle = section.duration("body_idle", limits.body_idle, least);
  limits.keep_alive = section.duration("keep_alive", limits.keep_alive, least);
  limits.write_idle = section.duration("write_idle", limits.write_idle, least);
  limits.connections =
      static_cast<uint32_t>(section.integer("connections", limits.connections, {1, 10'000'000}));
  limits.requests_per_connection = static_cast<uint32_t>(
      section.integer("requests_per_connection", limits.requests_per_connection, {0, UINT32_MAX}));
  return limits;
}

TlsConfig read_tls(config::Section section) {
  TlsConfig tls;
  tls.listen = section.endpoints("listen", {});
  tls.handshake_time =
      section.duration("handshake_time", tls.handshake_time, std::chrono::milliseconds{1});
  for (config::Section each : section.tables("certificate")) {
    tls.certificates.push_back({.certificate = each.string("certificate"),
                                .key = each.string("key"),
                                .names = each.strings("names", {}),
                                .ocsp = each.string("ocsp", "")});
  }
  if (!tls.listen.empty() && tls.certificates.empty()) {
    section.problem("listen", "needs an [[edge.tls.certificate]]");
  }
  if (tls.listen.empty() && section.present()) {
    section.problem("listen", "is missing: [edge.tls] does nothing without an address");
  }
  return tls;
}

void check_plain_links(config::Section& edge, const Config& config) {
  constexpr const char* kAdvice =
      ": write enabled = true in [edge.trust] (docs/trust.md), or insecure = true if the network "
      "keeps strangers out";
  if (!config.peer_listen.empty() && !trust::is_loopback(config.peer_listen)) {
    edge.problem(
        "peer_listen",
        std::string("can be reached from other hosts, where anybody could ask as an edge") +
            kAdvice);
  }
  if (!config.control.empty() && !trust::is_loopback(config.control)) {
    edge.problem("control",
                 std::string("is on another host, and whoever is in between could answer in its "
                             "place") +
                     kAdvice);
  }
}

TrustConfig read_trust(config::Section edge, const Config& config) {
  TrustConfig trust;
  config::Section section = edge.table("trust");
  trust.enabled = section.boolean("enabled", trust.enabled);
  trust.token_file = section.string("token_file", "");
  trust.refresh = section.duration("refresh", trust.refresh, std::chrono::milliseconds{100});
  const bool insecure = section.boolean("insecure", false);
  if (trust.enabled && insecure) {
    section.problem("insecure", "contradicts enabled = true: remove one of them");
  }
  if (trust.enabled && config.control.empty()) {
    section.problem("enabled",
                    "needs the control plane, which gives out certificates: write "
                    "control in [edge]");
  }
  for (const char* key : {"token_file", "refresh"}) {
    if (!trust.enabled && section.has(key)) {
      section.problem(key, "has a meaning only with enabled = true");
    }
  }
  if (!trust.enabled && !insecure) check_plain_links(edge, config);
  return trust;
}

FetchLimits read_fetch_limits(config::Section section, ByteSize cache) {
  FetchLimits limits;
  // One object must not push everything else out of the cache.
  const ByteSize largest = std::min(64_MiB, ByteSize{cache.count / 8});
  limits.max_object = section.bytes("max_object", largest).count;
  limits.body_idle = section.duration("body_idle", limits.body_idle, std::chrono::milliseconds{1});
  limits.uncacheable = section.duration("remember_uncacheable", limits.uncacheable);
  return limits;
}

disk::VolumeOptions read_volume(config::Section section) {
  disk::VolumeOptions volume;
  volume.path = section.string("path");
  volume.size = section.bytes("size", ByteSize{0}, 16_MiB).count;
  volume.put_aside = section.choice("unreadable", {"refuse", "put-aside"}, "refuse") != "refuse";
  if (!section.has("size")) {
    section.problem("size", "is missing: how much of the device the volume may take");
  } else if (!volume.path.empty()) {
    const std::string wrong = disk::check_place(volume.path, volume.size);
    if (!wrong.empty()) section.problem("path", wrong);
  }
  return volume;
}

disk::TierOptions read_disk(config::Section edge) {
  disk::TierOptions disk;
  for (config::Section& section : edge.tables("disk")) {
    disk::VolumeOptions volume = read_volume(section);
    const auto same = [&](const disk::VolumeOptions& other) { return other.path == volume.path; };
    if (std::any_of(disk.volumes.begin(), disk.volumes.end(), same)) {
      section.problem("path", "is the path of another volume too");
    }
    disk.volumes.push_back(std::move(volume));
  }
  disk.write_budget = edge.bytes("disk_write_budget", ByteSize{0}).count;
  if (edge.choice("disk_admission", {"second-request", "all"}, "second-request") == "all") {
    disk.admission = disk::AdmissionRule::All;
  }
  disk.readers = static_cast<unsigned>(edge.integer("disk_readers", disk.readers, {1, 256}));
  return disk;
}

}  // namespace

Config read_config(config::Reader& reader) {
  Config config;
  config::Section edge = reader.table("edge");
  config.pop = edge.string("pop");
  check_name(edge, "pop", config.pop);
  config.node = edge.string("node", config.node);
  check_name(edge, "node", config.node);
  config.listen = edge.endpoints("listen", {"127.0.0.1:8080"});
  if (edge.has("admin_listen")) config.admin_listen = edge.endpoint("admin_listen");
  if (edge.has("peer_listen")) config.peer_listen = edge.endpoint("peer_listen");
  if (edge.has("control")) config.control = edge.endpoint("control");
  config.state_dir = edge.string("state_dir");
  config.cache_memory = edge.bytes("cache_memory", 256_MiB, 1_MiB);
  config.cache_shards = static_cast<unsigned>(edge.integer("cache_shards", 64, {1, 4096}));
  config.cache_policy = edge.choice(
      "cache_policy", {"lru", "s3fifo", "sieve", "w-tinylfu", "gdsf", "cq"}, config.cache_policy);
  config.cache_second_request =
      edge.choice("cache_admission", {"all", "second-request"}, "all") == "second-request";
  config.workers = static_cast<unsigned>(edge.integer("workers", 1, {1, 256}));
  config.access_log = edge.string("access_log", "");
  config.place_database = edge.string("place_database", "");
  config.stop_grace = edge.duration("stop_grace", config.stop_grace);
  config.handover_grace = edge.duration("handover_grace", config.handover_grace);
  config.limits = read_limits(edge.table("limits"));
  config.tls = read_tls(edge.table("tls"));
  config.trust = read_trust(edge, config);
  config::Section fetch = edge.table("fetch");
  config.fetch = read_fetch_limits(fetch, config.cache_memory);
  config.retained =
      fetch.bytes("retained", std::max(64_MiB, ByteSize{config.cache_memory.count / 4}), 1_MiB);
  config.disk = read_disk(edge);
  return config;
}

}  // namespace atl::edge
