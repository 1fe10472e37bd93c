#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

#include "control-plane/dns/ldns_handles.h"
#include "control-plane/dns/name.h"
#include "control-plane/dns/responder.h"
#include "control-plane/dns/signer.h"
#include "tests/support/dns_message.h"

namespace atl::dns {
namespace {

using test::Answer;
using test::Question;

constexpr uint32_t kNow = 1'700'000'000;
constexpr uint32_t kDay = 86'400;
constexpr uint16_t kDo = 0x8000;
constexpr uint16_t kCo = 0x4000;
constexpr uint16_t kA = 1, kTxt = 16, kAaaa = 28, kRrsig = 46, kNsec = 47, kDnskey = 48, kDs = 43;

using Packet = std::unique_ptr<ldns_pkt, FreeWith<ldns_pkt_free>>;

// Whether every record set of the section has a signature that ldns accepts at that time.
bool section_holds(const ldns_rr_list* section, const ldns_rr_list* keys, uint32_t at) {
  const LdnsRecords rest(ldns_rr_list_clone(section));
  size_t sets = 0;
  while (ldns_rr_list* raw = ldns_rr_list_pop_rrset(rest.get())) {
    const LdnsRecords set(raw);
    if (ldns_rr_get_type(ldns_rr_list_rr(raw, 0)) == LDNS_RR_TYPE_RRSIG) continue;
    ++sets;
    const LdnsRecords signatures(ldns_rr_list_new());
    for (size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
      const ldns_rr* record = ldns_rr_list_rr(section, i);
      const ldns_rr* first = ldns_rr_list_rr(raw, 0);
      if (ldns_rr_get_type(record) == LDNS_RR_TYPE_RRSIG &&
          ldns_dname_compare(ldns_rr_owner(record), ldns_rr_owner(first)) == 0 &&
          ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(record)) == ldns_rr_get_type(first)) {
        ldns_rr_list_push_rr(signatures.get(), ldns_rr_clone(record));
      }
    }
    if (ldns_rr_list_rr_count(signatures.get()) != 1) return false;
    if (ldns_verify_time(raw, signatures.get(), keys, at, nullptr) != LDNS_STATUS_OK) return false;
  }
  return sets > 0;
}

class Signed {
 public:
  test::World world;
  Outcome outcome;
  uint32_t now = kNow;
  Transport transport = Transport::Tcp;

  Signed() : responder_({SipKey{1, 2, 3}, 0}) {
    world.view.key = *SigningKey::parse(test::kKeyText);
  }

  Answer ask(const char* name, uint16_t type, uint16_t flags = kDo) {
    Question question;
    question.name = name;
    question.type = type;
    question.edns = true;
    question.edns_flags = flags;
    const std::string message = test::wire(question);
    const size_t room = transport == Transport::Udp ? kLargestUdp : kLargestTcp;
    outcome = responder_.respond(world.view, as_octets(message),
                                 {*geo::parse_address("10.1.2.3"), transport}, {{}, now},
                                 std::span(out_).first(room));
    const Answer answer = test::read({reinterpret_cast<const char*>(out_.data()), outcome.size});
    CHECK(answer.readable);
    return answer;
  }

  // The sections of the last answer that are not empty are signed, as seen at that time.
  bool holds(uint32_t at) const {
    ldns_pkt* raw = nullptr;
    if (ldns_wire2pkt(&raw, out_.data(), outcome.size) != LDNS_STATUS_OK) return false;
    const Packet packet(raw);
    const LdnsRecords keys(ldns_rr_list_new());
    ldns_rr_list_push_rr(keys.get(), make_record(world.view.zone->name(), Type::Dnskey, 3600,
                                                 world.view.key->public_data())
                                         .release());
    for (const ldns_rr_list* section : {ldns_pkt_answer(raw), ldns_pkt_authority(raw)}) {
      if (ldns_rr_list_rr_count(section) > 0 && !section_holds(section, keys.get(), at)) {
        return false;
      }
    }
    return true;
  }

 private:
  Responder responder_;
  std::array<uint8_t, kLargestTcp> out_;
};

TEST_CASE("signed answers: every set is signed, as ldns verifies it") {
  struct Row {
    const char* name;
    uint16_t type;
    int rcode;
    Reason reason;
    size_t answers;
    size_t authorities;
  };
  Signed zone;
  for (const Row& row : {Row{"www.cdn.example", kA, 0, Reason::Steered, 4, 0},
                         Row{"wWw.CDN.example", kAaaa, 0, Reason::Steered, 2, 0},
                         Row{"text.cdn.example", kTxt, 0, Reason::Records, 2, 0},
                         Row{"x.img.cdn.example", kA, 0, Reason::Steered, 5, 0},
                         Row{"*.img.cdn.example", kA, 0, Reason::Steered, 5, 0},
                         Row{"alias.cdn.example", kAaaa, 0, Reason::Steered, 4, 0},
                         Row{"away.cdn.example", kA, 0, Reason::Records, 2, 0},
                         Row{"cdn.example", kDnskey, 0, Reason::Records, 2, 0},
                         Row{"none.cdn.example", kNsec, 0, Reason::NoName, 0, 4},
                         Row{"alias.cdn.example", kNsec, 0, Reason::Records, 2, 0},
                         // "There is none" is proved: SOA, NSEC and a signature each.
                         Row{"www.cdn.example", kTxt, 0, Reason::NoData, 0, 4},
                         Row{"cdn.example", kDs, 0, Reason::NoData, 0, 4},
                         Row{"er.cdn.example", kA, 0, Reason::NoData, 0, 4},
                         Row{"none.cdn.example", kA, 0, Reason::NoName, 0, 4},
                         Row{"dangling.cdn.example", kA, 0, Reason::NoName, 2, 4},
                         Row{"www.cdn.example", kRrsig, 0, Reason::NoData, 0, 4}}) {
    CAPTURE(row.name);
    CAPTURE(row.type);
    const Answer answer = zone.ask(row.name, row.type);
    CHECK(answer.rcode == row.rcode);
    CHECK(zone.outcome.reason == row.reason);
    CHECK(answer.answer.size() == row.answers);
    CHECK(answer.authority.size() == row.authorities);
    CHECK(zone.holds(kNow));
  }
}

TEST_CASE("signed answers: only whoever asks for signatures gets them") {
  Signed zone;
  CHECK(zone.ask("www.cdn.example", kA, 0).answer.size() == 3);
  CHECK(zone.ask("none.cdn.example", kA, 0).rcode == 3);
  CHECK(zone.ask("alias.cdn.example", kNsec, 0).answer.size() == 1);
  CHECK(zone.ask("cdn.example", kDnskey, 0).answer.size() == 1);
  zone.world.view.key = nullptr;
  CHECK(zone.ask("www.cdn.example", kA).answer.size() == 3);
  CHECK(zone.ask("cdn.example", kDnskey).answer.empty());
}

TEST_CASE("signed answers: who understands compact denial hears NXDOMAIN") {
  Signed zone;
  CHECK(zone.ask("none.cdn.example", kA, kDo | kCo).rcode == 3);
  CHECK(zone.holds(kNow));
  CHECK(zone.ask("www.cdn.example", kTxt, kDo | kCo).rcode == 0);
}

TEST_CASE(
    "signed answers: signatures hold from a day ago for two weeks and are made anew each day") {
  Signed zone;
  const std::string first = zone.ask("www.cdn.example", kA).answer.back();
  CHECK(zone.holds(kNow - kDay));
  CHECK(zone.holds(kNow + 13 * kDay));
  CHECK(!zone.holds(kNow + 17 * kDay));
  CHECK(!zone.holds(kNow - 3 * kDay));
  zone.now = kNow + 10;
  CHECK(zone.ask("www.cdn.example", kA).answer.back() == first);  // remembered
  zone.now = kNow + kDay;
  CHECK(zone.ask("www.cdn.example", kA).answer.back() != first);
  CHECK(zone.holds(kNow + 14 * kDay));
}

TEST_CASE("signed answers: a name of any number under a pattern needs no memory without end") {
  Signed zone;
  for (int i = 0; i < 5'000; ++i) {
    zone.ask(("n" + std::to_string(i) + ".img.cdn.example").c_str(), kA);
    if (i % 2'500 == 0) CHECK(zone.holds(kNow));
  }
  CHECK(zone.holds(kNow));
}

TEST_CASE("signed answers: what cannot be denied is an error, not a lie") {
  Signed zone;
  std::string name(61, 'b');
  name.back() = '\xff';
  for (int i = 0; i < 2; ++i) name += "." + std::string(63, 'a');
  name += "." + std::string(50, 'a') + ".cdn.example";
  const Answer answer = zone.ask(name.c_str(), kA);
  CHECK(zone.outcome.reason == Reason::NotSigned);
  CHECK(answer.rcode == 2);
  CHECK(answer.authority.empty());
}

TEST_CASE("signed answers: another key takes over with the view") {
  Signed zone;
  zone.ask("www.cdn.example", kA);
  CHECK(zone.holds(kNow));
  std::string other = test::kKeyText;
  other[other.find("PrivateKey: ") + 14] = 'a';
  zone.world.view.key = *SigningKey::parse(other);
  zone.ask("www.cdn.example", kA);
  CHECK(zone.holds(kNow));
}

}  // namespace
}  // namespace atl::dns
