#include "control-plane/dns/responder.h"

#include <algorithm>
#include <string>

#include "control-plane/dns/cookie.h"
#include "control-plane/dns/name.h"
#include "control-plane/dns/reply.h"
#include "control-plane/dns/zone.h"

namespace atl::dns {
namespace {

using Section = Reply::Section;

constexpr int kLongestChain = 8;       // of CNAMEs within the zone
constexpr size_t kMostAddresses = 32;  // in one answer
constexpr uint16_t kFirstMeta = 128;   // RFC 6895 section 3.1: 128-255 are no types of data
constexpr uint16_t kIxfr = 251;
constexpr uint16_t kAxfr = 252;

Rcode rcode_of(Fault fault) {
  switch (fault) {
    case Fault::Opcode:
      return Rcode::NotImp;
    case Fault::EdnsVersion:
      return Rcode::BadVers;
    default:
      return Rcode::FormErr;
  }
}

bool is_meta(uint16_t type) {
  return type == static_cast<uint16_t>(Type::Opt) || type == 0 ||
         (type >= kFirstMeta && type < static_cast<uint16_t>(Type::Any));
}

// One query's way from the name to the records.
class Lookup {
 public:
  Lookup(const View& view, const Query& query, const geo::Address& asker, Steering& steering,
         Reply& reply)
      : view_(view),
        zone_(*view.zone),
        query_(query),
        asker_(asker),
        steering_(steering),
        reply_(reply) {}

  struct Result {
    Reason reason;
    Rcode rcode;
  };

  // `node`: what is at the question's name.
  Result run(const Node* node) {
    std::string_view name = query_.name();
    uint16_t owner = Reply::kQuestionName;
    for (int i = 0; i < kLongestChain; ++i) {
      if (i > 0) node = zone_.find(name);
      if (node == nullptr) return nothing(Reason::NoName, Rcode::NxDomain);
      const RecordSet* alias = node->find(Type::Cname);
      if (alias == nullptr || wants(Type::Cname)) return at(*node, owner);
      const size_t target = add(*alias, owner);
      name = alias->data.front();
      owner = static_cast<uint16_t>(target);
      if (wants_any() || !is_within(name, zone_.name())) break;
    }
    return {Reason::Records, Rcode::NoError};
  }

 private:
  bool wants(Type type) const { return query_.type == static_cast<uint16_t>(type); }
  bool wants_any() const { return wants(Type::Any); }

  Result at(const Node& node, uint16_t owner) {
    if (wants_any()) return any(node, owner);
    if (const RecordSet* set = node.find(static_cast<Type>(query_.type))) {
      add(*set, owner);
      return {Reason::Records, Rcode::NoError};
    }
    if (node.policy && (wants(Type::A) || wants(Type::Aaaa))) {
      return steer(*node.policy, wants(Type::A), owner);
    }
    return nothing(Reason::NoData, Rcode::NoError);
  }

  // RFC 8482 section 4.1: one set, the smallest one, is an answer to "any".
  Result any(const Node& node, uint16_t owner) {
    if (node.policy) {
      const Result v4 = steer(*node.policy, true, owner, false);
      return v4.reason == Reason::NoData ? steer(*node.policy, false, owner) : v4;
    }
    const auto smallest = std::min_element(
        node.sets.begin(), node.sets.end(),
        [](const RecordSet& a, const RecordSet& b) { return size_of(a) < size_of(b); });
    if (smallest == node.sets.end()) return nothing(Reason::NoData, Rcode::NoError);
    add(*smallest, owner);
    return {Reason::Records, Rcode::NoError};
  }

  static size_t size_of(const RecordSet& set) {
    size_t size = 0;
    for (const std::string& data : set.data) size += data.size();
    return size;
  }

  // The offset of the last record's data.
  size_t add(const RecordSet& set, uint16_t owner) {
    size_t at = 0;
    for (const std::string& data : set.data) {
      at = reply_.add(Section::Answer, owner, set.type, set.ttl, data);
    }
    return at;
  }

  // `last`: whether to say "no data" if there is none.
  Result steer(const Policy& policy, bool v4, uint16_t owner, bool last = true) {
    const bool by_subnet = query_.subnet && query_.subnet->source_length > 0;
    const Ranking& ranking = steering_.rank(view_, by_subnet ? address_of(*query_.subnet) : asker_);
    if (by_subnet) reply_.set_scope(scope_of(ranking));
    if (ranking.active == 0 && !policy.fail_open) return {Reason::NoPop, Rcode::ServFail};
    const unsigned usable = ranking.active == 0 ? ranking.size : ranking.active;
    const unsigned count = std::min(policy.count, usable);
    size_t added = 0;
    for (unsigned i = 0; i < count; ++i) {
      const PopAddresses& pop = view_.addresses[ranking.pops[i]];
      for (const std::string& data : v4 ? pop.v4 : pop.v6) {
        if (added++ == kMostAddresses) break;
        reply_.add(Section::Answer, owner, v4 ? Type::A : Type::Aaaa, policy.ttl, data);
      }
    }
    if (added > 0) return {Reason::Steered, Rcode::NoError};
    return last ? nothing(Reason::NoData, Rcode::NoError) : Result{Reason::NoData, Rcode::NoError};
  }

  // Of the family of the option.
  uint8_t scope_of(const Ranking& ranking) const {
    if (query_.subnet->family == 2) return ranking.scope;
    return ranking.scope > 96 ? static_cast<uint8_t>(ranking.scope - 96) : uint8_t{0};
  }

  // RFC 2308: the SOA, with the time for which "nothing" may be remembered.
  Result nothing(Reason reason, Rcode rcode) {
    const std::string_view name = query_.name();
    const auto apex =
        static_cast<uint16_t>(Reply::kQuestionName + name.size() - zone_.name().size());
    reply_.add(Section::Authority, apex, Type::Soa, zone_.negative_ttl(),
               zone_.authority().data.front());
    return {reason, rcode};
  }

  const View& view_;
  const Zone& zone_;
  const Query& query_;
  const geo::Address& asker_;
  Steering& steering_;
  Reply& reply_;
};

size_t limit_of(const Query& query, Transport transport) {
  if (transport == Transport::Tcp) return kLargestTcp;
  return std::min<size_t>(query.udp_size, kLargestUdp);
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Steered:
      return "steered";
    case Reason::Records:
      return "records";
    case Reason::NoData:
      return "no-data";
    case Reason::NoName:
      return "no-name";
    case Reason::NoPop:
      return "no-pop";
    case Reason::CookieOnly:
      return "cookie-only";
    case Reason::NotOurs:
      return "not-ours";
    case Reason::Malformed:
      return "malformed";
    case Reason::Ignored:
      return "ignored";
  }
  return "ignored";
}

Responder::Responder(const Options& options)
    : secret_(options.secret), limiter_(options.rate_limit, options.secret) {}

RateLimiter::Verdict Responder::judge(const Asker& asker, bool known, uint64_t what, MonoTime now) {
  if (asker.transport == Transport::Tcp || known) return RateLimiter::Verdict::Send;
  return limiter_.judge(asker.address, what, now);
}

Outcome Responder::respond(const View& view, Octets message, const Asker& asker, const Moment& now,
                           std::span<uint8_t> out) {
  query_ = Query();
  const Fault fault = parse(message, query_);
  if (fault == Fault::Short || fault == Fault::NotAQuery) return {};
  Reply reply(query_, out, limit_of(query_, asker.transport));
  bool known = false;
  if (!query_.cookie.empty()) {
    const CookieJudgement cookie =
        judge_cookie(secret_, query_.cookie, asker.address, now.unix_seconds);
    known = cookie.known;
    reply.set_cookie(cookie.answer);
  }
  const auto done = [&](Reason reason, Rcode rcode, bool authoritative) {
    const size_t size = reply.finish(rcode, authoritative);
    return Outcome{reason, size, reply.truncated(), false};
  };
  // Nobody needs many refusals.
  const auto refuse = [&](Reason reason, Rcode rcode) {
    if (judge(asker, known, static_cast<uint64_t>(reason), now.mono) !=
        RateLimiter::Verdict::Send) {
      return Outcome{reason, 0, false, true};
    }
    return done(reason, rcode, false);
  };
  if (fault != Fault::None) return refuse(Reason::Malformed, rcode_of(fault));
  if (query_.question.empty()) return refuse(Reason::CookieOnly, Rcode::NoError);
  if (query_.klass != static_cast<uint16_t>(Class::In) ||
      !is_within(query_.name(), view.zone->name()) || query_.type == kAxfr ||
      query_.type == kIxfr) {
    return refuse(Reason::NotOurs, Rcode::Refused);
  }
  if (is_meta(query_.type)) return refuse(Reason::Malformed, Rcode::FormErr);

  // All names that do not exist are one, and all that a pattern covers.
  const Node* node = view.zone->find(query_.name());
  const auto verdict = judge(asker, known, reinterpret_cast<uintptr_t>(node), now.mono);
  if (verdict == RateLimiter::Verdict::Drop) {
    return {node == nullptr ? Reason::NoName : Reason::Records, 0, false, true};
  }
  const auto [reason, rcode] = Lookup(view, query_, asker.address, steering_, reply).run(node);
  if (verdict == RateLimiter::Verdict::Truncate) reply.truncate();
  Outcome outcome = done(reason, rcode, rcode != Rcode::ServFail);
  outcome.limited = verdict == RateLimiter::Verdict::Truncate;
  return outcome;
}

}  // namespace atl::dns
