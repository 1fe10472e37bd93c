#include "edge/routing/route_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "edge/cache/storability.h"
#include "edge/routing/pattern.h"
#include "edge/routing/target.h"
#include "lib/http/chars.h"
#include "lib/trust/identity.h"

namespace atl::edge {
namespace {

constexpr std::chrono::milliseconds kDefaultHeadTimeout{30'000};
constexpr std::string_view kPeerSource = "peer";  // what an edge answers to
constexpr size_t kMaxPattern = 1024;              // bytes; bounds what one match can cost

// A status whose responses have a body of their own making (RFC 9110 section 15).
bool may_have_page(uint32_t status) {
  return status >= 200 && status <= 599 && status != 204 && status != 205 && status != 206 &&
         status != 304;
}

constexpr size_t kShortestSecret = 16;  // bytes
constexpr size_t kMaxKeyHeaders = 16;   // of the variant key's 32 names

}  // namespace

bool OriginGroup::fails_over(uint16_t status) const {
  return std::binary_search(failover_statuses.begin(), failover_statuses.end(), status);
}

bool Behaviour::allows(std::string_view method) const {
  return allowed_methods.empty() ||
         std::find(allowed_methods.begin(), allowed_methods.end(), method) != allowed_methods.end();
}

// Checks and looks up names; one use.
class RouteTableBuilder {
 public:
  explicit RouteTableBuilder(RouteConfig config) : config_(std::move(config)) {}

  std::expected<std::shared_ptr<const RouteTable>, std::vector<std::string>> build() {
    if (config_.version == 0) problem("version is 0");
    take_signing_keys();
    take_origins();
    take_groups();
    take_distributions();
    take_pops();
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    table_->version_ = config_.version;
    return table_;
  }

 private:
  template <class... Args>
  void problem(fmt::format_string<Args...> format, Args&&... args) {
    problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void take_signing_keys() {
    for (const SigningKeyConfig& key : config_.signing_keys) {
      if (key.id.empty()) problem("a signing key has no id");
      if (key.secret.size() < kShortestSecret) {
        problem("signing key \"{}\" is shorter than {} bytes", key.id, kShortestSecret);
      }
      if (!keys_.emplace(key.id, crypto::HmacSha256(key.secret)).second) {
        problem("signing key \"{}\" occurs twice", key.id);
      }
    }
  }

  void take_origins() {
    table_->origins_ = std::move(config_.origins);
    std::unordered_set<std::string_view> seen;
    for (OriginEndpoint& origin : table_->origins_) {
      if (origin.id.empty()) problem("an origin has no id");
      if (!seen.insert(origin.id).second) problem("origin \"{}\" occurs twice", origin.id);
      if (origin.source.empty()) problem("origin \"{}\" names no source", origin.id);
      if (origin.endpoint.rfind(':') == std::string::npos) {
        problem("origin \"{}\": endpoint \"{}\" is not host:port", origin.id, origin.endpoint);
      }
      if (origin.head_timeout.count() == 0) origin.head_timeout = kDefaultHeadTimeout;
      check_health_settings(origin);
      identify(origin);
    }
  }

  static void identify(OriginEndpoint& origin) {
    origin.identity = origin.id;
    for (const std::string& part : {origin.endpoint, origin.source}) {
      origin.identity += '\0';
      origin.identity += part;
    }
  }

  void take_pops() {
    // Reserved so that pointers to elements stay good.
    table_->pops_.reserve(config_.pops.size());
    for (const PopConfig& config : config_.pops) {
      if (config.id.empty()) problem("a PoP has no id");
      if (table_->find_pop(config.id) != nullptr) problem("PoP \"{}\" occurs twice", config.id);
      take_pop(config);
    }
    for (const PopConfig& config : config_.pops) {
      if (!config.shield.empty()) take_shield(config);
    }
    for (const Pop& pop : table_->pops_) {
      size_t steps = 0;
      for (const Pop* at = &pop; at != nullptr; at = at->shield) {
        if (steps++ <= table_->pops_.size()) continue;
        problem("PoP \"{}\": its shields go round in a circle", pop.id);
        break;
      }
    }
  }

  void take_pop(const PopConfig& config) {
    std::vector<std::string> names;
    for (const PopConfig::Node& node : config.nodes) names.push_back(node.name);
    Pop& pop = table_->pops_.emplace_back(Pop{config.id, nullptr, ring::Ring(names), {}});
    if (pop.ring.size() != names.size()) problem("PoP \"{}\" names a node twice", config.id);
    pop.peers.resize(pop.ring.size());
    for (const PopConfig::Node& node : config.nodes) {
      if (node.peer.rfind(':') == std::string::npos) {
        problem("PoP \"{}\": peer \"{}\" is not host:port", config.id, node.peer);
      }
      OriginEndpoint& peer = pop.peers[pop.ring.find(node.name)];
      peer.id = config.id + "/" + node.name;
      peer.endpoint = node.peer;
      peer.source = kPeerSource;
      peer.peer = true;
      peer.certificate =
          trust::to_uri({.kind = trust::Kind::Edge, .pop = config.id, .name = node.name});
      identify(peer);
    }
  }

  void take_shield(const PopConfig& config) {
    const Pop* shield = table_->find_pop(config.shield);
    if (shield == nullptr || shield->peers.empty()) {
      return problem("PoP \"{}\": its shield \"{}\" has no nodes", config.id, config.shield);
    }
    for (Pop& pop : table_->pops_) {
      if (pop.id == config.id) pop.shield = shield;
    }
  }

  void check_health_settings(const OriginEndpoint& origin) {
    const BreakerSettings& breaker = origin.breaker;
    if (breaker.percent > 100 || breaker.probes == 0 || breaker.at_least == 0 ||
        breaker.window.count() == 0 || breaker.open.count() == 0) {
      problem("origin \"{}\": its breaker makes no sense", origin.id);
    }
    if (!origin.health_check) return;
    const HealthCheck& check = *origin.health_check;
    if (!check.path.starts_with('/') || check.host.empty() || check.interval.count() == 0 ||
        check.timeout.count() == 0 || check.timeout > check.interval ||
        check.unhealthy_after == 0 || check.healthy_after == 0) {
      problem("origin \"{}\": its health check makes no sense", origin.id);
    }
  }

  void take_groups() {
    // Reserved so that pointers to elements stay good.
    table_->groups_.reserve(config_.origin_groups.size());
    for (OriginGroupConfig& config : config_.origin_groups) {
      if (config.id.empty()) problem("an origin group has no id");
      if (find_group(config.id) != nullptr) problem("origin group \"{}\" occurs twice", config.id);
      OriginGroup& group = table_->groups_.emplace_back();
      group.id = std::move(config.id);
      if (config.origins.empty()) problem("origin group \"{}\" has no origins", group.id);
      for (const std::string& name : config.origins) take_member(group, name);
      if (config.failover_statuses.empty()) config.failover_statuses = {500, 502, 503, 504};
      for (uint32_t status : config.failover_statuses) {
        if (status < 300 || status > 599) {
          problem("origin group \"{}\": failover status {} is not within 300..599", group.id,
                  status);
        }
        group.failover_statuses.push_back(static_cast<uint16_t>(status));
      }
      std::sort(group.failover_statuses.begin(), group.failover_statuses.end());
    }
  }

  void take_member(OriginGroup& group, const std::string& name) {
    for (const OriginEndpoint& origin : table_->origins_) {
      if (origin.id != name) continue;
      if (std::find(group.members.begin(), group.members.end(), &origin) != group.members.end()) {
        problem("origin group \"{}\" names origin \"{}\" twice", group.id, name);
      }
      group.members.push_back(&origin);
      return;
    }
    problem("origin group \"{}\" names origin \"{}\", which does not exist", group.id, name);
  }

  const OriginGroup* find_group(std::string_view id) const {
    for (const OriginGroup& group : table_->groups_) {
      if (group.id == id) return &group;
    }
    return nullptr;
  }

  void take_distributions() {
    table_->distributions_.reserve(config_.distributions.size());
    std::unordered_set<std::string> seen;
    for (DistributionConfig& config : config_.distributions) {
      // The id is part of every cache key, which separates its parts by NUL.
      if (config.id.empty() || config.id.find('\0') != std::string::npos) {
        problem("a distribution has no usable id");
      }
      if (!seen.insert(config.id).second) problem("distribution \"{}\" occurs twice", config.id);
      Distribution& distribution = table_->distributions_.emplace_back();
      distribution.id = std::move(config.id);
      if (config.hosts.empty()) problem("distribution \"{}\" has no hosts", distribution.id);
      for (const std::string& host : config.hosts) take_host(distribution, host);
      distribution.canonical_host = std::move(config.canonical_host);
      if (!distribution.canonical_host.empty() &&
          std::find(config.hosts.begin(), config.hosts.end(), distribution.canonical_host) ==
              config.hosts.end()) {
        problem("distribution \"{}\": canonical host \"{}\" is not one of its hosts",
                distribution.id, distribution.canonical_host);
      }
      for (BehaviourConfig& behaviour : config.behaviours) {
        take_behaviour(distribution, std::move(behaviour));
      }
      for (const ErrorPageConfig& page : config.error_pages) take_error_page(distribution, page);
      if (distribution.behaviours.empty() || distribution.behaviours.back().path_pattern != "*") {
        problem("distribution \"{}\": its last behaviour must have pattern \"*\"", distribution.id);
      }
    }
  }

  void take_error_page(Distribution& distribution, const ErrorPageConfig& config) {
    const auto in_range = [](uint32_t status, uint32_t least) {
      return status >= least && status <= 599;
    };
    if (!config.path.starts_with('/') ||
        !std::all_of(config.path.begin(), config.path.end(),
                     [](char c) { return c > 0x20 && c < 0x7f; }) ||
        (config.response_status != 0 && !may_have_page(config.response_status))) {
      problem("distribution \"{}\": error page \"{}\" is not a path and a status of 200..599",
              distribution.id, config.path);
    }
    for (const uint32_t status : config.statuses) {
      const auto error = static_cast<uint16_t>(status);
      if (!in_range(status, 400) || distribution.error_page(error) != nullptr) {
        problem("distribution \"{}\": status {} cannot have an error page, or has one",
                distribution.id, status);
        continue;
      }
      const auto answered = static_cast<uint16_t>(config.response_status);
      distribution.error_pages.push_back({error, config.path, answered != 0 ? answered : error});
      if (!config.ttl || !cache::may_have_ttl(status)) continue;
      for (Behaviour& behaviour : distribution.behaviours) {
        if (!cache::ttl_of_status({.ttl_by_status = behaviour.cache.ttl_by_status}, error)) {
          behaviour.cache.ttl_by_status.push_back({error, *config.ttl});
        }
      }
    }
  }

  void take_host(const Distribution& distribution, const std::string& host) {
    std::string scratch;
    const bool suffix = host.starts_with("*.");
    const std::string name = suffix ? host.substr(2) : host;
    if (host == "*") {
      if (table_->any_ != nullptr) {
        problem("distribution \"{}\": host \"*\" already belongs to \"{}\"", distribution.id,
                table_->any_->id);
      }
      table_->any_ = &distribution;
      return;
    }
    if (name.empty() || name.find_first_of("* /") != std::string::npos ||
        normalise_host(name, scratch) != name) {
      problem("distribution \"{}\": \"{}\" is not a host in lower case without port",
              distribution.id, host);
      return;
    }
    auto& index = suffix ? table_->suffixes_ : table_->exact_;
    const auto [other, fresh] = index.emplace(name, &distribution);
    if (!fresh) {
      problem("distribution \"{}\": host \"{}\" already belongs to \"{}\"", distribution.id, host,
              other->second->id);
    }
  }

  void take_behaviour(Distribution& distribution, BehaviourConfig config) {
    Behaviour& behaviour = distribution.behaviours.emplace_back();
    behaviour.path_pattern = std::move(config.path_pattern);
    behaviour.cache = std::move(config.cache);
    behaviour.cache.key.place = behaviour.uncached.place = config.viewer_place;
    if (config.viewer_place != policy::PlaceLevel::None) table_->asks_place_ = true;
    if (behaviour.cache.enabled) behaviour.vary = behaviour.cache.key.vary();
    behaviour.allowed_methods = std::move(config.allowed_methods);
    const auto where = fmt::format("distribution \"{}\", behaviour \"{}\"", distribution.id,
                                   behaviour.path_pattern);
    if (behaviour.path_pattern.empty()) problem("{}: the pattern is empty", where);
    if (behaviour.path_pattern.size() > kMaxPattern) {
      problem("{}: the pattern is longer than {} bytes", where, kMaxPattern);
    }
    behaviour.origin_group = find_group(config.origin_group);
    if (behaviour.origin_group == nullptr) {
      problem("{} names origin group \"{}\", which does not exist", where, config.origin_group);
    }
    for (const std::string& method : behaviour.allowed_methods) {
      if (!http::is_token(method)) problem("{}: \"{}\" is not a method", where, method);
      if (!behaviour.allow.empty()) behaviour.allow += ", ";
      behaviour.allow += method;
    }
    check_cache(behaviour.cache, where);
    take_exchange_rules(behaviour, std::move(config), where);
  }

  void take_exchange_rules(Behaviour& behaviour, BehaviourConfig config, const std::string& where) {
    for (const policy::HeaderEdits* edits : {&config.request_headers, &config.response_headers}) {
      if (const char* wrong = edits->problem()) problem("{}: header edits: {}", where, wrong);
    }
    behaviour.request_headers = std::move(config.request_headers);
    behaviour.response_headers = std::move(config.response_headers);
    behaviour.response_headers.drop("surrogate-key");
    behaviour.response_headers.drop("cache-tag");
    behaviour.compression = std::move(config.compression);
    behaviour.cache.key.codings = behaviour.compression.codings;
    behaviour.viewer_protocol = config.viewer_protocol;
    for (const std::string& id : config.signing_keys) {
      const auto key = keys_.find(id);
      if (key == keys_.end()) {
        problem("{} names signing key \"{}\", which does not exist", where, id);
      } else {
        behaviour.signing_keys.push_back({id, key->second});
      }
    }
    if (config.https_port > 65'535) problem("{}: {} is not a port", where, config.https_port);
    if (config.https_port != 0) behaviour.https_port = static_cast<uint16_t>(config.https_port);
  }

  void check_cache(const CachePolicy& cache, const std::string& where) {
    if (cache.min_ttl && cache.max_ttl && *cache.min_ttl > *cache.max_ttl) {
      problem("{}: min_ttl is larger than max_ttl", where);
    }
    for (size_t i = 0; i < cache.ttl_by_status.size(); ++i) {
      const uint16_t status = cache.ttl_by_status[i].status;
      if (!cache::may_have_ttl(status)) problem("{}: status {} is never stored", where, status);
      for (size_t j = 0; j < i; ++j) {
        if (cache.ttl_by_status[j].status == status) {
          problem("{}: status {} has two lifetimes", where, status);
        }
      }
    }
    if (cache.key.headers.size() > kMaxKeyHeaders) {
      problem("{}: more than {} headers in the key", where, kMaxKeyHeaders);
    }
    for (const std::string& header : cache.key.headers) {
      if (!http::is_token(header) || header == "*") {
        problem("{}: \"{}\" is not the name of a header", where, header);
      }
    }
  }

  RouteConfig config_;
  std::unordered_map<std::string, crypto::HmacSha256> keys_;
  std::shared_ptr<RouteTable> table_{new RouteTable};
  std::vector<std::string> problems_;
};

std::expected<std::shared_ptr<const RouteTable>, std::vector<std::string>> RouteTable::build(
    RouteConfig config) {
  return RouteTableBuilder(std::move(config)).build();
}

const Pop* RouteTable::find_pop(std::string_view id) const {
  for (const Pop& pop : pops_) {
    if (pop.id == id) return &pop;
  }
  return nullptr;
}

const Distribution* RouteTable::find_host(std::string_view host) const {
  if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
  // "*.suffix" stands for one or more labels, so the walk begins behind the first one.
  if (!suffixes_.empty()) {
    for (size_t dot = host.find('.'); dot != std::string_view::npos;
         dot = host.find('.', dot + 1)) {
      const auto found = suffixes_.find(host.substr(dot + 1));
      if (found != suffixes_.end()) return found->second;
    }
  }
  return any_;
}

const Behaviour* Distribution::match(std::string_view path) const {
  for (const Behaviour& behaviour : behaviours) {
    if (pattern_matches(behaviour.path_pattern, path)) return &behaviour;
  }
  return nullptr;
}

Route RouteTable::match(std::string_view host, std::string_view path) const {
  const Distribution* distribution = find_host(host);
  if (distribution == nullptr) return {};
  return {distribution, distribution->match(path)};
}

}  // namespace atl::edge
