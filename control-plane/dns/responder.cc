#include "control-plane/dns/responder.h"

#include <algorithm>

#include "control-plane/dns/cookie.h"
#include "control-plane/dns/lookup.h"
#include "control-plane/dns/name.h"
#include "control-plane/dns/reply.h"
#include "control-plane/dns/zone.h"

namespace atl::dns {
namespace {

constexpr uint16_t kFirstMeta = 128;  // RFC 6895 section 3.1: 128-255 are no types of data
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

size_t limit_of(const Query& query, Transport transport) {
  if (transport == Transport::Tcp) return kLargestTcp;
  return std::min<size_t>(query.udp_size, kLargestUdp);
}

}  // namespace

Responder::Responder(const Options& options)
    : secret_(options.secret), limiter_(options.rate_limit, options.secret) {}

RateLimiter::Verdict Responder::judge(const Asker& asker, bool known, uint64_t what, MonoTime now) {
  if (asker.transport == Transport::Tcp || known) return RateLimiter::Verdict::Send;
  return limiter_.judge(asker.address, what, now);
}

Signer* Responder::signer_for(const View& view) {
  if (!query_.dnssec_ok || view.key == nullptr) return nullptr;
  if (signer_ == nullptr || !signer_->is_for(view.key, view.zone->name())) {
    signer_ = std::make_unique<Signer>(view.key, view.zone->name());
  }
  return signer_.get();
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
  if (verdict == RateLimiter::Verdict::Truncate) {
    // Without a look: who floods us does not make us sign.
    reply.truncate();
    Outcome outcome =
        done(node == nullptr ? Reason::NoName : Reason::Records, Rcode::NoError, true);
    outcome.limited = true;
    return outcome;
  }
  const LookupTools tools{
      view, query_, asker.address, steering_, signer_for(view), now.unix_seconds, reply};
  const auto [reason, rcode] = look_up(tools, node);
  if (rcode == Rcode::ServFail) reply.clear();
  return done(reason, rcode, rcode != Rcode::ServFail);
}

}  // namespace atl::dns
