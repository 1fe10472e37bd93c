#include "control-plane/dns/lookup.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control-plane/dns/denial.h"
#include "control-plane/dns/name.h"

namespace atl::dns {
namespace {

using Section = Reply::Section;

constexpr int kLongestChain = 8;       // of CNAMEs within the zone
constexpr size_t kMostAddresses = 32;  // in one answer

size_t size_of(const RecordSet& set) {
  size_t size = 0;
  for (const std::string& data : set.data) size += data.size();
  return size;
}

class Lookup {
 public:
  explicit Lookup(const LookupTools& tools)
      : tools_(tools), query_(tools.query), zone_(*tools.view.zone), name_(query_.name()) {}

  Found run(const Node* node) {
    for (int i = 0; i < kLongestChain; ++i) {
      if (node == nullptr) return nothing(nullptr);
      const RecordSet* alias = node->find(Type::Cname);
      if (alias == nullptr || wants(Type::Cname) || wants_nsec()) return at(*node);
      const size_t target = add(*alias);
      if (!signed_) return not_signed();
      name_ = alias->data.front();
      owner_ = static_cast<uint16_t>(target);
      if (wants(Type::Any) || !is_within(name_, zone_.name())) break;
      node = zone_.find(name_);
    }
    return records();
  }

 private:
  bool wants(Type type) const { return query_.type == static_cast<uint16_t>(type); }
  bool wants_nsec() const { return tools_.signer != nullptr && wants(Type::Nsec); }
  bool at_apex() const { return name_ == zone_.name(); }
  Found not_signed() const { return {Reason::NotSigned, Rcode::ServFail}; }
  Found records() const { return signed_ ? Found{Reason::Records, Rcode::NoError} : not_signed(); }

  Found at(const Node& node) {
    if (wants(Type::Any)) return any(node);
    if (const RecordSet* set = node.find(static_cast<Type>(query_.type))) {
      add(*set);
      return records();
    }
    if (node.policy && (wants(Type::A) || wants(Type::Aaaa))) {
      if (const auto found = steer(*node.policy, query_.type)) return *found;
    }
    if (tools_.view.key != nullptr && at_apex() && wants(Type::Dnskey)) {
      const std::array<std::string_view, 1> data{tools_.view.key->public_data()};
      add(Section::Answer, {name_, Type::Dnskey, zone_.authority().ttl, data});
      return records();
    }
    if (wants_nsec()) {
      add_nsec(Section::Answer, &node, 0);
      return records();
    }
    return nothing(&node);
  }

  // RFC 8482 section 4.1: one set, the smallest one, is an answer to "any".
  Found any(const Node& node) {
    if (node.policy) {
      for (const Type type : {Type::A, Type::Aaaa}) {
        if (const auto found = steer(*node.policy, static_cast<uint16_t>(type))) return *found;
      }
    }
    const auto smallest = std::min_element(
        node.sets.begin(), node.sets.end(),
        [](const RecordSet& a, const RecordSet& b) { return size_of(a) < size_of(b); });
    if (smallest == node.sets.end()) return nothing(&node);
    add(*smallest);
    return records();
  }

  // Empty: no PoP that is due has an address of that type, or the distribution is not for the
  // client's country.
  std::optional<Found> steer(const Policy& policy, uint16_t type) {
    const bool by_subnet = query_.subnet && query_.subnet->source_length > 0;
    const Ranking& ranking = tools_.steering.rank(
        tools_.view, by_subnet ? address_of(*query_.subnet) : tools_.asker, policy.distribution);
    if (by_subnet) tools_.reply.set_scope(scope_of(ranking));
    if (ranking.forbidden) return std::nullopt;
    if (ranking.active == 0 && !policy.fail_open) return Found{Reason::NoPop, Rcode::ServFail};
    const unsigned usable = ranking.active == 0 ? ranking.size : ranking.active;
    const unsigned count = std::min(ranking.single ? 1U : policy.count, usable);
    std::array<std::string_view, kMostAddresses> data;
    size_t found = 0;
    for (unsigned i = 0; i < count; ++i) {
      const PopAddresses& pop = tools_.view.addresses[ranking.pops[i]];
      for (const std::string& address : type == static_cast<uint16_t>(Type::A) ? pop.v4 : pop.v6) {
        if (found < data.size()) data[found++] = address;
      }
    }
    if (found == 0) return std::nullopt;
    add(Section::Answer,
        {name_, static_cast<Type>(type), policy.ttl, std::span(data).first(found)});
    return signed_ ? Found{Reason::Steered, Rcode::NoError} : not_signed();
  }

  // Of the family of the option.
  uint8_t scope_of(const Ranking& ranking) const {
    if (query_.subnet->family == 2) return ranking.scope;
    return ranking.scope > 96 ? static_cast<uint8_t>(ranking.scope - 96) : uint8_t{0};
  }

  // The offset of the last record's data.
  size_t add(const RecordSet& set) {
    std::array<std::string_view, kMostRecords> data;
    const size_t count = std::min(set.data.size(), data.size());
    std::copy_n(set.data.begin(), count, data.begin());
    return add(Section::Answer, {name_, set.type, set.ttl, std::span(data).first(count)});
  }

  size_t add(Section section, const Signer::Set& set) { return add(section, owner_, set); }

  size_t add(Section section, uint16_t owner, const Signer::Set& set) {
    size_t at = 0;
    for (const std::string_view data : set.data) {
      at = tools_.reply.add(section, owner, set.type, set.ttl, data);
    }
    if (tools_.signer == nullptr) return at;
    const std::string_view signature = tools_.signer->sign(set, tools_.now);
    signed_ = signed_ && !signature.empty();
    tools_.reply.add(section, owner, Type::Rrsig, set.ttl, signature);
    return at;
  }

  void add_nsec(Section section, const Node* node, uint16_t denied) {
    const auto nsec = nsec_data(name_, node, denied, at_apex());
    signed_ = signed_ && nsec.has_value();
    if (!nsec) return;
    const std::array<std::string_view, 1> data{*nsec};
    add(section, {name_, Type::Nsec, zone_.negative_ttl(), data});
  }

  // RFC 2308: the SOA, with the time for which "nothing" may be remembered; signed, also the proof.
  Found nothing(const Node* node) {
    const auto apex =
        static_cast<uint16_t>(Reply::kQuestionName + query_.name().size() - zone_.name().size());
    const std::array<std::string_view, 1> soa{zone_.authority().data.front()};
    add(Section::Authority, apex, {zone_.name(), Type::Soa, zone_.negative_ttl(), soa});
    if (tools_.signer != nullptr) add_nsec(Section::Authority, node, query_.type);
    if (!signed_) return not_signed();
    if (node != nullptr) return {Reason::NoData, Rcode::NoError};
    // RFC 9824 section 5: the proof is one for NODATA, and so is the code, unless the asker knows.
    const bool disguised = tools_.signer != nullptr && !query_.compact_ok;
    return {Reason::NoName, disguised ? Rcode::NoError : Rcode::NxDomain};
  }

  const LookupTools& tools_;
  const Query& query_;
  const Zone& zone_;
  std::string_view name_;                  // of the records that are due
  uint16_t owner_ = Reply::kQuestionName;  // where it is in the answer
  bool signed_ = true;                     // as far as it is wanted
};

}  // namespace

Found look_up(const LookupTools& tools, const Node* node) { return Lookup(tools).run(node); }

}  // namespace atl::dns
