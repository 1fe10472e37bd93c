#include "origin/config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/http/chars.h"
#include "lib/rpc/field_check.h"
#include "lib/trust/exposure.h"
#include "lib/trust/identity.h"

namespace atl::origin {
namespace {

using config::Section;
using std::chrono::milliseconds;

constexpr int64_t kMostConcurrency = 1'000'000;

std::string resolve(const std::string& folder, std::string path) {
  if (path.empty() || path.starts_with('/') || folder.empty()) return path;
  return folder + "/" + path;
}

// Goes into a field line of every answer.
void check_field_value(Section& section, std::string_view key, const std::string& value) {
  const bool good = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!good) section.problem(key, "may hold printable ASCII only");
}

DirectoryOptions read_directory(Section& section, const std::string& folder) {
  DirectoryOptions options;
  options.root = resolve(folder, section.string("root"));
  options.index = section.string("index", options.index);
  if (options.index.find('/') != std::string::npos || options.index == "..") {
    section.problem("index", "is the name of a file, without a path");
  }
  options.cache_control = section.string("cache_control", "");
  check_field_value(section, "cache_control", options.cache_control);
  options.follow_symlinks = section.boolean("follow_symlinks", false);
  return options;
}

// http://authority[/base], nothing after it.
bool valid_url(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else {
    return false;
  }
  const size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const std::string_view base = slash == std::string_view::npos ? "/" : rest.substr(slash);
  return !authority.empty() && rpc::valid_authority(authority) && rpc::valid_target(base) &&
         base.find_first_of("?#") == std::string_view::npos;
}

HttpOptions read_http(Section& section, const std::string& folder) {
  HttpOptions options;
  options.url = section.string("url");
  if (!options.url.empty() && !valid_url(options.url)) {
    section.problem("url", "must look like \"http://host:port\" or \"https://host/base\"");
  }
  options.host = section.string("host", "");
  if (!rpc::valid_authority(options.host)) section.problem("host", "is no host and port");
  options.preserve_host = section.boolean("preserve_host", true);
  if (!options.host.empty() && section.has("preserve_host")) {
    section.problem("preserve_host", "says nothing when \"host\" is given; remove one of them");
  }
  const std::string http2 = section.choice("http2", {"auto", "off", "prior-knowledge"}, "auto");
  if (http2 == "off") options.http2 = Http2::Off;
  if (http2 == "prior-knowledge") options.http2 = Http2::PriorKnowledge;
  options.connect_timeout =
      section.duration("connect_timeout", options.connect_timeout, milliseconds(1));
  options.head_timeout = section.duration("head_timeout", options.head_timeout, milliseconds(1));
  options.idle_timeout = section.duration("idle_timeout", options.idle_timeout, milliseconds(1));
  options.timeout = section.duration("timeout", options.timeout);
  options.max_connections = static_cast<uint32_t>(
      section.integer("max_connections", options.max_connections, {1, 65536}));
  options.max_idle_connections = static_cast<uint32_t>(
      section.integer("max_idle_connections", options.max_idle_connections, {1, 65536}));
  options.ca_file = resolve(folder, section.string("ca_file", ""));
  options.forwarded_for = section.boolean("forwarded_for", true);
  return options;
}

GroupOptions read_group(Section& section) {
  GroupOptions options;
  options.members = section.strings("members");
  options.failover_statuses.clear();
  for (const int64_t status :
       section.integers("failover_statuses", {500, 502, 503, 504}, {400, 599})) {
    options.failover_statuses.push_back(static_cast<uint16_t>(status));
  }
  return options;
}

SyntheticOptions read_synthetic(Section& section) {
  SyntheticOptions options;
  options.ttl = section.duration("ttl", options.ttl);
  options.max_size = section.bytes("max_size", options.max_size);
  options.concurrency =
      static_cast<size_t>(section.integer("concurrency", 0, {0, kMostConcurrency}));
  return options;
}

void read_source(const std::string& name, Section section, const std::string& folder,
                 Config& config) {
  if (!http::is_token(name)) {
    section.problem("type", "belongs to a source whose name holds more than letters, digits, - _");
  }
  const std::string type = section.choice("type", {"directory", "http", "group", "synthetic"});
  // Without a type every other key would be called unknown, too.
  if (!section.has("type")) return;
  SourceConfig& source = config.sources.emplace_back();
  source.name = name;
  if (type == "directory") source.options = read_directory(section, folder);
  if (type == "http") source.options = read_http(section, folder);
  if (type == "group") source.options = read_group(section);
  if (type == "synthetic") source.options = read_synthetic(section);
}

void check_groups(const Config& config, std::vector<std::pair<std::string, Section>>& sections) {
  for (auto& [name, section] : sections) {
    const auto source = std::ranges::find(config.sources, name, &SourceConfig::name);
    if (source == config.sources.end()) continue;
    const auto* group = std::get_if<GroupOptions>(&source->options);
    if (group == nullptr) continue;
    std::set<std::string> seen;
    for (const std::string& member : group->members) {
      const auto found = std::ranges::find(config.sources, member, &SourceConfig::name);
      if (found == config.sources.end()) {
        section.problem("members", "names \"" + member + "\", which is no source");
      } else if (std::holds_alternative<GroupOptions>(found->options)) {
        section.problem("members", "names \"" + member + "\", which is a group itself");
      } else if (!seen.insert(member).second) {
        section.problem("members", "names \"" + member + "\" twice");
      }
    }
  }
}

TrustConfig read_trust(Section& origin, const std::string& folder, const std::string& listen) {
  TrustConfig trust;
  Section section = origin.table("trust");
  trust.enabled = section.boolean("enabled", trust.enabled);
  const bool insecure = section.boolean("insecure", false);
  if (trust.enabled) {
    trust.control = section.endpoint("control");
    trust.name = section.string("name");
    if (!trust.name.empty() && !trust::is_name(trust.name)) {
      section.problem("name",
                      "must be letters, digits, \"-\", \"_\" and \".\", at most 64 of them");
    }
    trust.state_dir = resolve(folder, section.string("state_dir"));
    trust.token_file = resolve(folder, section.string("token_file", ""));
    trust.refresh = section.duration("refresh", trust.refresh, milliseconds(100));
    if (insecure) section.problem("insecure", "contradicts enabled = true: remove one of them");
    return trust;
  }
  if (!insecure && !trust::is_loopback(listen)) {
    origin.problem("listen",
                   "can be reached from other hosts, where anybody could ask as an edge: write "
                   "enabled = true in [origin.trust] (docs/trust.md), or insecure = true if the "
                   "network keeps strangers out");
  }
  for (const char* key : {"control", "name", "state_dir", "token_file", "refresh"}) {
    if (!section.has(key)) continue;
    section.string(key, "");  // known, so that it is one problem
    section.problem(key, "has a meaning only with enabled = true");
  }
  return trust;
}

}  // namespace

Config read_config(config::Reader& reader, const std::string& folder) {
  Config config;
  Section origin = reader.table("origin");
  config.listen = origin.endpoint("listen", "127.0.0.1:7400");
  if (origin.has("admin_listen")) config.admin_listen = origin.endpoint("admin_listen");
  config.file_threads = static_cast<uint32_t>(origin.integer("file_threads", 4, {1, 256}));
  config.max_exchanges =
      static_cast<uint32_t>(origin.integer("max_exchanges", 16384, {1, 1'000'000}));
  config.stop_grace = origin.duration("stop_grace", config.stop_grace);
  config.head_timeout = origin.duration("head_timeout", config.head_timeout, milliseconds(1));
  config.timeout = origin.duration("timeout", config.timeout);
  config.trust = read_trust(origin, folder, config.listen);
  auto sections = reader.named_tables("source");
  for (const auto& [name, section] : sections) {
    read_source(name, section, folder, config);
  }
  if (reader.readable() && config.sources.empty()) {
    reader.problem({}, "there is no source: write [source.NAME] with a type");
  }
  check_groups(config, sections);
  return config;
}

}  // namespace atl::origin
