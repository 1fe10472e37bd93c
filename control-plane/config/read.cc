#include "control-plane/config/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "control-plane/config/api.h"
#include "control-plane/config/check.h"
#include "control-plane/config/dns.h"
#include "control-plane/config/read_cache.h"
#include "control-plane/config/read_compression.h"
#include "control-plane/config/read_headers.h"
#include "control-plane/config/read_trust.h"
#include "control-plane/config/routing.h"
#include "control-plane/config/subnets.h"
#include "lib/base/duration.h"
#include "lib/config/reader.h"

namespace atl::control {
namespace {

using config::Reader;
using config::Section;
using OpenSubnets = std::function<Reader(const std::string& path)>;

constexpr std::chrono::milliseconds kShortestLease{200};
constexpr std::chrono::milliseconds kLongestLease{60'000};
constexpr std::chrono::milliseconds kShortestTimeout{1};
constexpr std::chrono::milliseconds kLongestTimeout{86'400'000};
constexpr std::chrono::milliseconds kShortestWindow{10};

std::string beside(const std::string& config_path, const std::string& path) {
  return (std::filesystem::path(config_path).parent_path() / path).lexically_normal().string();
}

void refuse_longer(Section& section, std::string_view key, std::chrono::milliseconds value,
                   std::chrono::milliseconds most) {
  if (value > most) section.problem(key, "must be at most \"" + format_duration(most) + "\"");
}

Fixed read_fixed(Section& control, const std::string& path) {
  Fixed fixed;
  fixed.listen = control.endpoint("listen", fixed.listen);
  fixed.fleet_listen = control.endpoint("fleet_listen", fixed.fleet_listen);
  fixed.state_dir = control.string("state_dir");
  if (!fixed.state_dir.empty()) fixed.state_dir = beside(path, fixed.state_dir);
  fixed.lease = control.duration("lease", fixed.lease, kShortestLease);
  refuse_longer(control, "lease", fixed.lease, kLongestLease);
  fixed.trust = read_trust(control, fixed.fleet_listen);
  if (fixed.listen == fixed.fleet_listen && !fixed.listen.ends_with(":0")) {
    control.problem("fleet_listen", "is the same address as listen: give it another port");
  }
  return fixed;
}

std::vector<geo::Prefix> read_proxies(Section& control) {
  std::vector<geo::Prefix> proxies;
  const auto texts = control.strings("trusted_proxies", {"127.0.0.0/8", "::1/128"});
  for (size_t i = 0; i < texts.size(); ++i) {
    if (const auto prefix = geo::parse_prefix(texts[i])) {
      proxies.push_back(*prefix);
    } else {
      control.problem("trusted_proxies",
                      "must hold networks such as \"10.0.0.0/8\" or \"::1/128\", without host "
                      "bits, not \"" +
                          texts[i] + "\"");
    }
  }
  return proxies;
}

PopConfig read_pop(Section& section) {
  PopConfig pop;
  pop.id = section.string("id");
  pop.city = section.string("city", pop.id);
  pop.country = section.string("country", "");
  if (!pop.country.empty() && !is_country_code(pop.country)) {
    section.problem("country", "must be two capital letters (ISO 3166-1), such as \"DE\"");
  }
  pop.at.latitude = section.real("latitude", {-90, 90});
  pop.at.longitude = section.real("longitude", {-180, 180});
  pop.endpoints = section.endpoints("endpoints");
  pop.shield = section.string("shield", "");
  for (Section& node : section.tables("node")) {
    pop.nodes.push_back({node.string("name"), node.endpoint("peer")});
  }
  read_pop_routing(section, pop);
  return pop;
}

uint32_t read_count(Section& section, std::string_view key, uint32_t fallback,
                    config::Range range) {
  return static_cast<uint32_t>(section.integer(key, fallback, range));
}

BreakerConfig read_breaker(Section section) {
  BreakerConfig breaker;
  breaker.enabled = section.boolean("enabled", true);
  breaker.failures = read_count(section, "failures", breaker.failures, {0, 1'000'000});
  breaker.percent = read_count(section, "percent", breaker.percent, {0, 100});
  breaker.at_least = read_count(section, "at_least", breaker.at_least, {1, 1'000'000});
  breaker.window = section.duration("window", breaker.window, kShortestWindow);
  breaker.open = section.duration("open", breaker.open, kShortestWindow);
  breaker.probes = read_count(section, "probes", breaker.probes, {1, 1'000});
  refuse_longer(section, "window", breaker.window, kLongestTimeout);
  refuse_longer(section, "open", breaker.open, kLongestTimeout);
  if (breaker.enabled && breaker.failures == 0 && breaker.percent == 0) {
    section.problem("enabled",
                    "is true, but failures and percent are 0: nothing would ever open the breaker");
  }
  return breaker;
}

HealthCheckConfig read_health_check(Section& section) {
  HealthCheckConfig check;
  check.path = section.string("path");
  if (!check.path.empty() && !is_check_path(check.path)) {
    section.problem("path", "must begin with \"/\" and be without spaces, such as \"/healthz\"");
  }
  check.host = section.string("host", check.host);
  if (!is_authority(check.host)) {
    section.problem("host", "must be a host with an optional port, such as \"www.example.org\"");
  }
  check.interval = section.duration("interval", check.interval, kShortestWindow);
  check.timeout =
      section.duration("timeout", std::min(check.timeout, check.interval), kShortestTimeout);
  check.unhealthy_after = read_count(section, "unhealthy_after", check.unhealthy_after, {1, 1'000});
  check.healthy_after = read_count(section, "healthy_after", check.healthy_after, {1, 1'000});
  refuse_longer(section, "interval", check.interval, kLongestTimeout);
  if (check.timeout > check.interval) {
    section.problem("timeout", "is longer than interval: lower it or raise interval");
  }
  return check;
}

void read_limits(Section& section, OriginConfig& origin) {
  origin.max_requests = read_count(section, "max_requests", 0, {0, 1'000'000});
  origin.max_queued = read_count(section, "max_queued", 0, {0, 1'000'000});
  origin.queue_time = section.duration("queue_time", origin.queue_time, kShortestTimeout);
  refuse_longer(section, "queue_time", origin.queue_time, kLongestTimeout);
  if (origin.max_queued != 0 && origin.max_requests == 0) {
    section.problem("max_queued", "means nothing without max_requests: nobody ever waits");
  }
}

OriginConfig read_origin(Section& section) {
  OriginConfig origin;
  origin.id = section.string("id");
  origin.endpoint = section.endpoint("endpoint");
  origin.source = section.string("source");
  origin.head_timeout = section.duration("head_timeout", origin.head_timeout, kShortestTimeout);
  origin.timeout = section.duration("timeout", origin.timeout);
  refuse_longer(section, "head_timeout", origin.head_timeout, kLongestTimeout);
  refuse_longer(section, "timeout", origin.timeout, kLongestTimeout);
  read_limits(section, origin);
  origin.breaker = read_breaker(section.table("breaker"));
  if (Section check = section.table("health"); check.present()) {
    origin.health_check = read_health_check(check);
  }
  return origin;
}

OriginGroupConfig read_group(Section& section) {
  OriginGroupConfig group;
  group.id = section.string("id");
  group.origins = section.strings("origins");
  group.failover_statuses =
      section.integers("failover_statuses", group.failover_statuses, {400, 599});
  return group;
}

// 32 random bytes are what the hash can use.
SigningKey read_signing_key(Section& section) {
  SigningKey key;
  key.id = section.string("id");
  const std::string text = section.string("secret");
  if (text.empty()) return key;  // reported
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    const char* end = text.data() + i + 2;
    if (std::from_chars(text.data() + i, end, byte, 16).ptr != end) break;
    key.secret.push_back(static_cast<char>(byte));
  }
  // The text itself is a secret and is not repeated.
  if (text.size() != 2 * key.secret.size() || key.secret.size() < 32 || key.secret.size() > 64) {
    section.problem("secret",
                    "must be 64 to 128 hexadecimal digits, such as \"openssl rand -hex 32\" "
                    "makes");
  }
  return key;
}

void read_protocol(Section& section, BehaviourConfig& behaviour) {
  const std::string protocol = section.choice(
      "viewer_protocol", {"any", "redirect-to-https", "https-only"}, std::string("any"));
  if (protocol == "redirect-to-https") behaviour.viewer_protocol = ViewerProtocol::RedirectToHttps;
  if (protocol == "https-only") behaviour.viewer_protocol = ViewerProtocol::HttpsOnly;
  behaviour.https_port = section.integer("https_port", behaviour.https_port, {1, 65'535});
  if (section.has("https_port") && protocol != "redirect-to-https") {
    section.problem("https_port",
                    "has a meaning only with viewer_protocol = \"redirect-to-https\"");
  }
}

BehaviourConfig read_behaviour(Section& section) {
  BehaviourConfig behaviour;
  behaviour.path = section.string("path");
  behaviour.origin_group = section.string("origin_group");
  behaviour.allowed_methods = section.strings("allowed_methods", {});
  behaviour.cache = read_cache(section.table("cache"));
  behaviour.request_headers = read_request_headers(section.table("request_headers"));
  behaviour.response_headers = read_response_headers(section.table("response_headers"));
  read_protocol(section, behaviour);
  const std::string place =
      section.choice("viewer_place", {"none", "country", "city"}, std::string("none"));
  if (place == "country") behaviour.viewer_place = ViewerPlace::Country;
  if (place == "city") behaviour.viewer_place = ViewerPlace::City;
  behaviour.signing_keys = section.strings("signing_keys", {});
  if (section.has("signing_keys") && behaviour.signing_keys.empty()) {
    section.problem("signing_keys",
                    "is empty, so nothing would have to be signed: name a key, or "
                    "remove it");
  }
  behaviour.compression = read_compression(section.table("compression"));
  if (!behaviour.compression.codings.empty() && !behaviour.cache.enabled) {
    section.problem("compression",
                    "has no meaning where nothing is cached: only what is stored is "
                    "compressed");
  }
  return behaviour;
}

std::vector<ErrorPage> read_error_pages(Section& distribution) {
  std::vector<ErrorPage> pages;
  std::map<int64_t, uint32_t> seen;  // -> line
  for (Section& section : distribution.tables("error_page")) {
    ErrorPage& page = pages.emplace_back();
    page.statuses = section.integers("statuses", {}, {400, 599});
    page.path = section.string("path");
    page.response_status = section.integer("response_status", 0, {200, 599});
    page.ttl = section.optional_duration("ttl");
    if (page.response_status == 204 || page.response_status == 205 || page.response_status == 206 ||
        page.response_status == 304) {
      section.problem("response_status", "must be one whose answers have a whole body");
    }
    if (page.statuses.empty()) {
      section.problem("statuses", "names no error: write such as statuses = [404]");
    }
    const bool plain = std::all_of(page.path.begin(), page.path.end(),
                                   [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    if (!page.path.empty() && (page.path.front() != '/' || !plain)) {
      section.problem("path", "must begin with \"/\" and be written as in a URL");
    }
    for (const int64_t status : page.statuses) {
      const auto [first, added] = seen.emplace(status, section.mark("statuses").line);
      if (!added) {
        section.problem("statuses", fmt::format("{} already has a page in line {}: remove one",
                                                status, first->second));
      }
    }
  }
  return pages;
}

// Every part with its section, so that the checks can point at it.
Parts read_parts(Reader& reader) {
  Parts parts;
  for (Section& section : reader.tables("pop")) parts.pops.emplace_back(section, read_pop(section));
  for (Section& section : reader.tables("origin")) {
    parts.origins.emplace_back(section, read_origin(section));
  }
  for (Section& section : reader.tables("origin_group")) {
    parts.groups.emplace_back(section, read_group(section));
  }
  for (Section& section : reader.tables("signing_key")) {
    parts.keys.emplace_back(section, read_signing_key(section));
  }
  for (Section& section : reader.tables("distribution")) {
    DistributionConfig distribution;
    distribution.id = section.string("id");
    distribution.hosts = section.strings("hosts");
    distribution.canonical_host = section.string("canonical_host", "");
    distribution.error_pages = read_error_pages(section);
    Parts::Behaviours behaviours;
    for (Section& inner : section.tables("behaviour")) {
      behaviours.emplace_back(inner, read_behaviour(inner));
    }
    parts.distributions.push_back({section, std::move(distribution), std::move(behaviours)});
  }
  return parts;
}

void append(Problems& problems, Problems more) {
  std::move(more.begin(), more.end(), std::back_inserter(problems));
}

std::expected<Config, Problems> read(Reader reader, const std::string& path,
                                     const OpenSubnets& open_subnets) {
  if (!reader.readable()) return std::unexpected(reader.problems());
  Config config;
  Section control = reader.table("control");
  config.fixed = read_fixed(control, path);
  for (const std::string& file : control.one_or_more("geo_database")) {
    config.geo_databases.push_back(beside(path, file));
  }
  if (const std::string file = control.string("subnets", ""); !file.empty()) {
    config.subnets_path = beside(path, file);
  }
  config.trusted_proxies = read_proxies(control);
  config.allow_client_override = control.boolean("allow_client_override", false);
  config.api_hosts = control.strings("api_hosts", {});

  config.api = read_api(reader.table("api"), config.fixed.listen);

  Parts parts = read_parts(reader);
  const std::optional<DnsParts> dns = read_dns(reader, parts);
  config.routing = read_routing(reader, parts);
  for (std::string* file : {&config.routing.matrix_path, &config.routing.regions_path}) {
    if (!file->empty()) *file = beside(path, *file);
  }
  check(parts, reader);
  take(std::move(parts), config);
  Problems problems = reader.problems();
  if (dns && problems.empty()) {
    check_zone(*dns, reader);
    problems = reader.problems();
    config.fixed.dns = dns->fixed;
    config.zone = dns->zone;
    if (!dns->key.empty()) config.zone_key_path = beside(path, dns->key);
  }
  if (!config.subnets_path.empty()) {
    Reader subnets = open_subnets(config.subnets_path);
    config.subnets = read_subnets(subnets, config.pops);
    append(problems, subnets.problems());
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return config;
}

}  // namespace

std::expected<Config, Problems> read_config(const std::string& path) {
  return read(Reader::from_file(path), path,
              [](const std::string& subnets) { return Reader::from_file(subnets); });
}

std::expected<Config, Problems> parse_config(const std::string& path, std::string_view text,
                                             std::string_view subnets) {
  return read(Reader::from_text(path, text), path, [subnets](const std::string& subnets_path) {
    return Reader::from_text(subnets_path, subnets);
  });
}

}  // namespace atl::control
