#include "control-plane/config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace atl::control {
namespace {

using config::Mark;
using config::Reader;
using config::Section;

constexpr size_t kLongestId = 64;
constexpr size_t kLongestHost = 253;  // RFC 1035 section 2.3.4
constexpr size_t kLongestLabel = 63;
constexpr size_t kLongestPattern = 1024;  // what an edge takes

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

// Identifiers appear in URLs, metrics, file names and Cache-Status; so they are plain.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && is_alnum(id.front()) &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kLongestHost) return false;
  while (!host.empty()) {
    const size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || label.size() > kLongestLabel || label.front() == '-' ||
        label.back() == '-' || !std::all_of(label.begin(), label.end(), [](char c) {
          return is_alnum(c) || c == '-' || c == '_';
        })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
  return false;  // ends with a dot
}

bool is_host_pattern(std::string_view host) {
  if (host == "*") return true;
  if (host.starts_with("*.")) host.remove_prefix(2);
  return is_host_name(host);
}

// Reports malformed and repeated identifiers; returns the good ones.
class Ids {
 public:
  Ids(Reader& reader, std::string_view kind, std::string_view key = "id")
      : reader_(reader), kind_(kind), key_(key) {}

  void add(const Section& section, const std::string& id) {
    if (id.empty()) return;  // its absence was reported
    const Mark mark = section.mark(key_);
    if (!is_id(id)) {
      reader_.problem(mark, fmt::format("{} must be of letters, digits, '-', '_' and '.', begin "
                                        "with a letter or digit and have at most {} characters",
                                        key_, kLongestId));
      return;
    }
    const auto [first, added] = first_.emplace(id, mark);
    if (!added) {
      reader_.problem(mark, fmt::format("{} \"{}\" is already defined in line {}: give this one "
                                        "another {}",
                                        kind_, id, first->second.line, key_));
    }
  }
  bool has(const std::string& id) const { return first_.contains(id); }
  std::string known() const {
    std::vector<std::string_view> names;
    for (const auto& [id, mark] : first_) names.push_back(id);
    return names.empty() ? "none is defined" : fmt::format("there is {}", fmt::join(names, ", "));
  }

 private:
  Reader& reader_;
  std::string_view kind_;
  std::string_view key_;
  std::map<std::string, Mark> first_;
};

void check_pops(Parts& parts, Reader& reader) {
  Ids ids(reader, "PoP");
  std::map<std::string, uint32_t> claimed;  // endpoint -> line
  for (auto& [section, pop] : parts.pops) {
    ids.add(section, pop.id);
    for (size_t i = 0; i < pop.endpoints.size(); ++i) {
      const Mark mark = section.mark("endpoints", i);
      const auto [first, added] = claimed.emplace(pop.endpoints[i], mark.line);
      if (!added) {
        reader.problem(mark, fmt::format("\"{}\" is already an endpoint in line {}",
                                         pop.endpoints[i], first->second));
      }
      if (pop.endpoints[i].ends_with(":0")) {
        reader.problem(mark, "clients cannot reach port 0: write the port the PoP listens on");
      }
    }
  }
  if (parts.pops.empty()) {
    reader.problem({}, "there is no PoP: add a [[pop]] with id, latitude, longitude and endpoints");
  }
}

// Asked for again, the tables are the same ones in the same order.
void check_nodes(Section& section, const PopConfig& pop, Reader& reader,
                 std::map<std::string, uint32_t>& peers) {
  Ids names(reader, "node", "name");
  std::vector<Section> nodes = section.tables("node");
  for (size_t i = 0; i < nodes.size(); ++i) {
    names.add(nodes[i], pop.nodes[i].name);
    const std::string& peer = pop.nodes[i].peer;
    if (peer.empty()) continue;
    const Mark mark = nodes[i].mark("peer");
    const auto [first, added] = peers.emplace(peer, mark.line);
    if (!added) {
      reader.problem(
          mark, fmt::format("\"{}\" is already a peer in line {}: give this node its own", peer,
                            first->second));
    }
    if (peer.ends_with(":0")) {
      reader.problem(mark, "nobody can reach port 0: write the node's peer_listen");
    }
  }
}

const PopConfig* find_pop(const Parts& parts, const std::string& id) {
  for (const auto& [section, pop] : parts.pops) {
    if (pop.id == id) return &pop;
  }
  return nullptr;
}

// The way from a PoP upwards, as "a -> b -> a", if it comes back to where it began; else empty.
std::string shield_cycle(const Parts& parts, const PopConfig& from) {
  std::string way = from.id;
  const PopConfig* at = &from;
  for (size_t steps = 0; steps < parts.pops.size(); ++steps) {
    at = find_pop(parts, at->shield);
    if (at == nullptr) return {};
    way += " -> " + at->id;
    if (at == &from) return way;
  }
  return {};  // it meets a circle of others, which is reported with them
}

void check_tiers(Parts& parts, Reader& reader) {
  std::map<std::string, uint32_t> peers;
  for (auto& [section, pop] : parts.pops) {
    check_nodes(section, pop, reader, peers);
    if (pop.shield.empty()) continue;
    const Mark mark = section.mark("shield");
    const PopConfig* shield = find_pop(parts, pop.shield);
    if (shield == nullptr) {
      reader.problem(mark, fmt::format("there is no PoP \"{}\"", pop.shield));
    } else if (const std::string cycle = shield_cycle(parts, pop); !cycle.empty()) {
      reader.problem(mark, fmt::format("shields go round in a circle, {}: a miss would never reach "
                                       "an origin; let one of them go without",
                                       cycle));
    } else if (shield->nodes.empty()) {
      reader.problem(mark, fmt::format("PoP \"{}\" cannot be a shield: it has no [[pop.node]] with "
                                       "name and peer",
                                       pop.shield));
    }
  }
}

void check_groups(Parts& parts, const Ids& origins, Ids& groups, Reader& reader) {
  for (auto& [section, group] : parts.groups) {
    groups.add(section, group.id);
    std::set<std::string> seen;
    for (size_t i = 0; i < group.origins.size(); ++i) {
      const std::string& origin = group.origins[i];
      if (!origins.has(origin)) {
        reader.problem(section.mark("origins", i),
                       fmt::format("there is no origin \"{}\": {}", origin, origins.known()));
      } else if (!seen.insert(origin).second) {
        reader.problem(section.mark("origins", i),
                       fmt::format("origin \"{}\" is listed twice: remove one", origin));
      }
    }
  }
}

// What behaviours name.
struct Names {
  const Ids& groups;
  const Ids& keys;
};

void check_signing(const Section& section, const BehaviourConfig& behaviour, const Ids& keys,
                   Reader& reader) {
  std::set<std::string> seen;
  for (size_t i = 0; i < behaviour.signing_keys.size(); ++i) {
    const std::string& id = behaviour.signing_keys[i];
    const Mark mark = section.mark("signing_keys", i);
    if (!keys.has(id)) {
      reader.problem(mark, fmt::format("there is no signing_key \"{}\": {}", id, keys.known()));
    } else if (!seen.insert(id).second) {
      reader.problem(mark, fmt::format("signing key \"{}\" is listed twice: remove one", id));
    }
  }
}

void check_behaviour(const Section& section, const BehaviourConfig& behaviour, const Names& names,
                     Reader& reader) {
  const Ids& groups = names.groups;
  check_signing(section, behaviour, names.keys, reader);
  if (!behaviour.origin_group.empty() && !groups.has(behaviour.origin_group)) {
    reader.problem(
        section.mark("origin_group"),
        fmt::format("there is no origin_group \"{}\": {}", behaviour.origin_group, groups.known()));
  }
  if (!behaviour.path.empty() && behaviour.path.front() != '/' && behaviour.path.front() != '*') {
    reader.problem(section.mark("path"),
                   fmt::format("path must begin with \"/\" or \"*\", not \"{}\"", behaviour.path));
  }
  if (behaviour.path.size() > kLongestPattern) {
    reader.problem(section.mark("path"),
                   fmt::format("path is longer than {} characters", kLongestPattern));
  }
  for (size_t i = 0; i < behaviour.allowed_methods.size(); ++i) {
    if (is_token(behaviour.allowed_methods[i])) continue;
    reader.problem(section.mark("allowed_methods", i),
                   fmt::format("\"{}\" is not a method: write one such as \"GET\"",
                               behaviour.allowed_methods[i]));
  }
}

void check_behaviours(const Parts::Distribution& distribution, const Names& names, Reader& reader) {
  const Parts::Behaviours& behaviours = distribution.behaviours;
  std::map<std::string, uint32_t> seen;
  bool shadowed = false;  // an earlier one takes everything
  for (const auto& [section, behaviour] : behaviours) {
    check_behaviour(section, behaviour, names, reader);
    const Mark mark = section.mark("path");
    const auto [first, added] = seen.emplace(behaviour.path, mark.line);
    if (behaviour.path.empty()) continue;
    if (!added) {
      reader.problem(mark, fmt::format("path \"{}\" is already decided in line {}: remove one",
                                       behaviour.path, first->second));
    } else if (shadowed) {
      reader.problem(mark, fmt::format("\"{}\" is never reached: path \"*\" stands before it and "
                                       "must be last",
                                       behaviour.path));
    }
    shadowed = shadowed || behaviour.path == "*";
  }
  if (!shadowed) {
    const Mark mark =
        behaviours.empty() ? distribution.section.mark() : behaviours.back().first.mark("path");
    reader.problem(mark, fmt::format("distribution \"{}\" has no behaviour for every path: end it "
                                     "with a [[distribution.behaviour]] of path = \"*\"",
                                     distribution.config.id));
  }
}

void check_hosts(const Parts::Distribution& distribution, Reader& reader,
                 std::map<std::string, Mark>& claimed) {
  for (size_t i = 0; i < distribution.config.hosts.size(); ++i) {
    const std::string host = lower(distribution.config.hosts[i]);
    const Mark mark = distribution.section.mark("hosts", i);
    if (!is_host_pattern(host)) {
      reader.problem(mark, fmt::format("\"{}\" is not a host: write a name without scheme or port, "
                                       "\"*.name\" or \"*\"",
                                       host));
      continue;
    }
    const auto [first, added] = claimed.emplace(host, mark);
    if (!added) {
      reader.problem(mark, fmt::format("host \"{}\" is already claimed in line {}: remove one",
                                       host, first->second.line));
    }
  }
}

void check_canonical_host(const Parts::Distribution& distribution, Reader& reader) {
  const std::string host = lower(distribution.config.canonical_host);
  if (host.empty()) return;
  const auto& hosts = distribution.config.hosts;
  const bool listed = std::any_of(hosts.begin(), hosts.end(),
                                  [&](const std::string& other) { return lower(other) == host; });
  if (!listed || host.starts_with('*')) {
    reader.problem(
        distribution.section.mark("canonical_host"),
        fmt::format("canonical_host must be one of the names in hosts, not \"{}\"", host));
  }
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_country_code(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_check_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= kLongestPattern &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_authority(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && !text.ends_with(']')) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 ||
        !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return false;
    }
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
    return !text.empty() &&
           text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  return is_host_name(text);
}

void check(Parts& parts, Reader& reader) {
  check_pops(parts, reader);
  check_tiers(parts, reader);
  Ids origins(reader, "origin");
  for (auto& [section, origin] : parts.origins) origins.add(section, origin.id);
  Ids groups(reader, "origin_group");
  check_groups(parts, origins, groups, reader);
  Ids keys(reader, "signing_key");
  for (auto& [section, key] : parts.keys) keys.add(section, key.id);
  Ids distributions(reader, "distribution");
  std::map<std::string, Mark> claimed;
  for (const Parts::Distribution& distribution : parts.distributions) {
    distributions.add(distribution.section, distribution.config.id);
    check_hosts(distribution, reader, claimed);
    check_canonical_host(distribution, reader);
    check_behaviours(distribution, {groups, keys}, reader);
  }
  if (parts.distributions.empty()) {
    reader.problem({},
                   "there is no distribution: add a [[distribution]] with id, hosts and at "
                   "least one [[distribution.behaviour]]");
  }
}

void take(Parts parts, Config& config) {
  for (auto& [section, pop] : parts.pops) {
    if (!pop.shield.empty() || !pop.nodes.empty()) {
      config.content.tiers.push_back({pop.id, pop.shield, pop.nodes});
    }
    config.pops.push_back(std::move(pop));
  }
  for (auto& [section, origin] : parts.origins) {
    config.content.origins.push_back(std::move(origin));
  }
  for (auto& [section, group] : parts.groups) {
    config.content.origin_groups.push_back(std::move(group));
  }
  for (auto& [section, key] : parts.keys) config.content.signing_keys.push_back(std::move(key));
  for (Parts::Distribution& part : parts.distributions) {
    for (std::string& host : part.config.hosts) host = lower(host);
    part.config.canonical_host = lower(part.config.canonical_host);
    for (auto& [section, behaviour] : part.behaviours) {
      part.config.behaviours.push_back(std::move(behaviour));
    }
    config.content.distributions.push_back(std::move(part.config));
  }
}

}  // namespace atl::control
