#include "control-plane/dns/zone.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "control-plane/dns/name.h"

namespace atl::dns {
namespace {

bool has_addresses(const Node& node) {
  return node.find(Type::A) != nullptr || node.find(Type::Aaaa) != nullptr ||
         node.find(Type::Cname) != nullptr;
}

size_t size_of(const RecordSet& set) {
  size_t size = 0;
  for (const std::string& data : set.data) size += data.size();
  return size;
}

}  // namespace

const RecordSet* Node::find(Type type) const {
  for (const RecordSet& set : sets) {
    if (set.type == type) return &set;
  }
  return nullptr;
}

size_t Zone::Hash::operator()(std::string_view name) const {
  return XXH3_64bits(name.data(), name.size());
}

const Node* Zone::find(std::string_view name) const {
  if (const auto exact = nodes_.find(name); exact != nodes_.end()) return &exact->second;
  if (!patterns_.empty()) {
    for (std::string_view suffix = parent(name); suffix.size() >= name_.size();
         suffix = parent(suffix)) {
      if (const auto found = patterns_.find(suffix); found != patterns_.end()) {
        return &found->second;
      }
      if (suffix.size() == 1) break;  // the root
    }
  }
  return rest_ ? &*rest_ : nullptr;
}

// Builds a zone and collects what is wrong with it.
class ZoneMaker {
 public:
  explicit ZoneMaker(const ZoneSpec& spec) : spec_(spec) {}

  std::expected<Zone, std::vector<ZoneProblem>> make() {
    if (!add_apex()) return std::unexpected(std::move(problems_));
    for (size_t i = 0; i < spec_.records.size(); ++i) add_record(i);
    check_name_servers();
    for (size_t i = 0; i < spec_.distributions.size(); ++i) add_hosts(i);
    for (size_t i = 0; i < spec_.distributions.size(); ++i) add_id(i);
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    finish();
    return std::move(zone_);
  }

 private:
  using Part = ZoneProblem::Part;

  void problem(Part part, size_t index, std::string text) {
    problems_.push_back({part, index, std::move(text)});
  }

  bool add_apex();
  void add_record(size_t index);
  void check_name_servers();
  void add_hosts(size_t index);
  void add_host(size_t index, const std::string& host);
  void add_id(size_t index);
  void finish();
  Node node_of(size_t index) const;

  const ZoneSpec& spec_;
  Zone zone_;
  std::optional<std::string> rest_suffix_;
  std::vector<ZoneProblem> problems_;
};

bool ZoneMaker::add_apex() {
  const auto name = parse_name(spec_.name);
  if (!name || name->size() == 1 || name->starts_with(std::string_view("\1*", 2))) {
    problem(Part::Zone, 0, fmt::format("\"{}\" is not the name of a zone", spec_.name));
    return false;
  }
  zone_.name_ = *name;
  zone_.negative_ttl_ = std::min(spec_.negative_ttl, spec_.ttl);
  Node& apex = zone_.nodes_[*name];
  RecordSet servers{Type::Ns, spec_.ttl, {}};
  for (size_t i = 0; i < spec_.name_servers.size(); ++i) {
    auto server = parse_name(spec_.name_servers[i]);
    if (!server || server->size() == 1 || server->starts_with(std::string_view("\1*", 2))) {
      problem(Part::NameServer, i, fmt::format("\"{}\" is not a host", spec_.name_servers[i]));
    } else if (std::find(servers.data.begin(), servers.data.end(), *server) != servers.data.end()) {
      problem(Part::NameServer, i, fmt::format("\"{}\" is listed twice", spec_.name_servers[i]));
    } else {
      servers.data.push_back(*std::move(server));
    }
  }
  const auto mailbox = parse_name(spec_.mailbox);
  if (!mailbox || mailbox->size() == 1) {
    problem(Part::Mailbox, 0,
            fmt::format("\"{}\" is not a mailbox written as a name: hostmaster@example.org is "
                        "\"hostmaster.example.org\"",
                        spec_.mailbox));
  }
  if (servers.data.empty()) problem(Part::Zone, 0, "the zone has no name server");
  if (!problems_.empty()) return false;
  apex.sets.push_back(
      {Type::Soa,
       spec_.ttl,
       {soa_data({servers.data.front(), *mailbox, spec_.serial, zone_.negative_ttl_})}});
  apex.sets.push_back(std::move(servers));
  return true;
}

void ZoneMaker::add_record(size_t index) {
  const RecordText& record = spec_.records[index];
  const auto name = record.name == "@" ? zone_.name_ : parse_name(record.name);
  if (!name || name->starts_with(std::string_view("\1*", 2))) {
    return problem(Part::Record, index, fmt::format("\"{}\" is not a name", record.name));
  }
  if (!is_within(*name, zone_.name_)) {
    return problem(Part::Record, index,
                   fmt::format("\"{}\" is not in the zone {}", record.name, spec_.name));
  }
  const auto type = parse_type(record.type);
  if (!type) {
    return problem(
        Part::Record, index,
        fmt::format("\"{}\" is not one of A, AAAA, CNAME, TXT, MX, SRV, CAA", record.type));
  }
  auto data = parse_data(*type, record.value);
  if (!data) {
    return problem(Part::Record, index, fmt::format("\"{}\" {}", record.value, data.error()));
  }
  Node& node = zone_.nodes_[*name];
  const bool alias = *type == Type::Cname;
  if ((alias && !node.sets.empty()) || node.find(Type::Cname) != nullptr) {
    return problem(Part::Record, index,
                   fmt::format("{} has a CNAME and so can have nothing else (RFC 1034 section "
                               "3.6.2)",
                               to_text(*name)));
  }
  const auto set = std::find_if(node.sets.begin(), node.sets.end(),
                                [&](const RecordSet& other) { return other.type == *type; });
  if (set == node.sets.end()) {
    node.sets.push_back({*type, record.ttl, {*std::move(data)}});
  } else if (set->ttl != record.ttl) {
    problem(Part::Record, index,
            "records of one name and type have one ttl (RFC 2181 section 5.2)");
  } else if (std::find(set->data.begin(), set->data.end(), *data) != set->data.end()) {
    problem(Part::Record, index, "the same record is given twice");
  } else if (set->data.size() == kMostRecords || size_of(*set) + data->size() > kLargestSet) {
    problem(Part::Record, index,
            fmt::format("{} has more records of type {} than an answer can hold", to_text(*name),
                        record.type));
  } else {
    set->data.push_back(*std::move(data));
  }
}

void ZoneMaker::check_name_servers() {
  for (size_t i = 0; i < spec_.name_servers.size(); ++i) {
    const std::string name = *parse_name(spec_.name_servers[i]);
    if (!is_within(name, zone_.name_)) continue;
    const auto node = zone_.nodes_.find(name);
    if (node == zone_.nodes_.end() ||
        (node->second.find(Type::A) == nullptr && node->second.find(Type::Aaaa) == nullptr)) {
      problem(Part::NameServer, i,
              fmt::format("\"{}\" lies in the zone: give its address by a record of type A or AAAA",
                          spec_.name_servers[i]));
    }
  }
}

Node ZoneMaker::node_of(size_t index) const {
  const DistributionSpec& distribution = spec_.distributions[index];
  Node node;
  node.policy = Policy{static_cast<uint32_t>(index), distribution.ttl,
                       std::min(distribution.count, kMostAnswers), distribution.fail_open};
  return node;
}

void ZoneMaker::add_hosts(size_t index) {
  for (const std::string& host : spec_.distributions[index].hosts) add_host(index, host);
}

// Hosts of other zones are somebody else's to answer.
void ZoneMaker::add_host(size_t index, const std::string& host) {
  const bool pattern = host.starts_with('*');
  const auto name = parse_name(!pattern ? host : host == "*" ? "." : host.substr(2));
  if (!name) return problem(Part::Distribution, index, fmt::format("\"{}\" is not a host", host));
  if (pattern && zone_.name_.size() > name->size() && is_within(zone_.name_, *name)) {
    if (!rest_suffix_ || name->size() > rest_suffix_->size()) {
      rest_suffix_ = *name;
      zone_.rest_ = node_of(index);
    }
    return;
  }
  if (!is_within(*name, zone_.name_)) return;
  if (pattern) {
    zone_.patterns_.emplace(*name, node_of(index));
    return;
  }
  Node& node = zone_.nodes_[*name];
  if (has_addresses(node)) {
    return problem(Part::Distribution, index,
                   fmt::format("{} has addresses by a record too: remove one", to_text(*name)));
  }
  if (!node.policy) node.policy = node_of(index).policy;
}

// A host of that name, of whichever distribution, comes first.
void ZoneMaker::add_id(size_t index) {
  const DistributionSpec& distribution = spec_.distributions[index];
  const auto name = parse_name(distribution.id + "." + spec_.name);
  if (!name) {
    return problem(Part::Distribution, index,
                   fmt::format("\"{}.{}\" is not a name: give the distribution another id",
                               distribution.id, spec_.name));
  }
  Node& node = zone_.nodes_[*name];
  if (has_addresses(node)) {
    return problem(Part::Distribution, index,
                   fmt::format("{} is the distribution's own name, but has addresses by a record",
                               to_text(*name)));
  }
  if (!node.policy) node.policy = node_of(index).policy;
}

// Names between others exist (RFC 8020), and patterns cover what has no addresses of its own.
void ZoneMaker::finish() {
  std::vector<std::string> names;
  for (const auto& [name, node] : zone_.nodes_) names.push_back(name);
  for (const std::string& name : names) {
    for (std::string_view above = name; above.size() > zone_.name_.size(); above = parent(above)) {
      zone_.nodes_.try_emplace(std::string(above));
    }
  }
  Zone::Nodes covered = std::exchange(zone_.nodes_, {});
  for (auto& [name, node] : covered) {
    if (node.policy || has_addresses(node)) continue;
    if (const Node* pattern = zone_.find(name)) node.policy = pattern->policy;
  }
  zone_.nodes_ = std::move(covered);
  zone_.apex_ = &zone_.nodes_.find(zone_.name_)->second;
}

std::expected<Zone, std::vector<ZoneProblem>> Zone::make(const ZoneSpec& spec) {
  return ZoneMaker(spec).make();
}

}  // namespace atl::dns
