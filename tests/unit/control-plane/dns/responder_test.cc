#include "control-plane/dns/responder.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "tests/support/dns_message.h"

namespace atl::dns {
namespace {

using test::Answer;
using test::option;
using test::Question;
using test::subnet_option;
using test::World;

using Lines = std::vector<std::string>;

constexpr uint16_t kA = 1, kNs = 2, kCname = 5, kSoa = 6, kMx = 15, kTxt = 16, kAaaa = 28,
                   kAny = 255;
const char* const kSoaLine =
    "cdn.example. 60 IN SOA ns1.cdn.example. hostmaster.cdn.example. 7 86400 7200 3600000 60";

class Asked {
 public:
  World world;
  std::string from = "10.1.2.3";
  Transport transport = Transport::Udp;
  Outcome outcome;
  Responder::Moment now{MonoTime{std::chrono::hours{1}}, 1'700'000'000};

  explicit Asked(uint32_t rate_limit = 0) : responder_({SipKey{1, 2, 3}, rate_limit}) {}

  Answer ask(const std::string& message) {
    const size_t room = transport == Transport::Udp ? kLargestUdp : kLargestTcp;
    outcome =
        responder_.respond(world.view, as_octets(message), {*geo::parse_address(from), transport},
                           now, std::span(out_).first(room));
    if (outcome.size == 0) return {};
    Answer answer = test::read({reinterpret_cast<const char*>(out_.data()), outcome.size});
    CHECK(answer.readable);
    return answer;
  }
  Answer ask(const char* name, uint16_t type) {
    Question question;
    question.name = name;
    question.type = type;
    return ask(test::wire(question));
  }

 private:
  Responder responder_;
  std::array<uint8_t, kLargestTcp> out_;
};

TEST_CASE("answers: the nearest PoPs in order, as many as configured") {
  Asked asked;
  const Answer answer = asked.ask("www.cdn.example", kA);
  CHECK(asked.outcome.reason == Reason::Steered);
  CHECK(answer.rcode == 0);
  CHECK(answer.authoritative);
  CHECK(answer.id == 0x1234);
  CHECK(answer.question == "www.cdn.example. IN A");
  // Two PoPs, the second one with two addresses.
  CHECK(answer.answer == Lines{"www.cdn.example. 20 IN A 192.0.2.1",
                               "www.cdn.example. 20 IN A 192.0.2.2",
                               "www.cdn.example. 20 IN A 192.0.2.22"});
  CHECK(answer.opts == 0);
  asked.from = "10.2.0.1";
  CHECK(asked.ask("site.cdn.example", kA).answer.front() == "site.cdn.example. 20 IN A 192.0.2.3");
  CHECK(
      asked.ask("www.cdn.example", kAaaa).answer ==
      Lines{"www.cdn.example. 20 IN AAAA 2001:db8::c", "www.cdn.example. 20 IN AAAA 2001:db8::a"});
}

TEST_CASE("answers: the same PoPs for both families, even where one has no address of the other") {
  Asked asked;
  asked.world.spec.distributions[0].count = 1;
  asked.world.remake();
  asked.world.set_states({geo::PopState::Down, geo::PopState::Active, geo::PopState::Down});
  CHECK(asked.ask("www.cdn.example", kA).answer.size() == 2);
  const Answer answer = asked.ask("www.cdn.example", kAaaa);
  CHECK(asked.outcome.reason == Reason::NoData);
  CHECK(answer.rcode == 0);
  CHECK(answer.authority == Lines{kSoaLine});
}

TEST_CASE("answers: dead PoPs are left out, and without any the operator's choice decides") {
  Asked asked;
  asked.world.set_states({geo::PopState::Down, geo::PopState::NotServing, geo::PopState::Active});
  CHECK(asked.ask("www.cdn.example", kA).answer == Lines{"www.cdn.example. 20 IN A 192.0.2.3"});
  asked.world.set_states({geo::PopState::Down, geo::PopState::NotServing, geo::PopState::Down});
  const Answer closed = asked.ask("www.cdn.example", kA);
  CHECK(closed.rcode == 2);
  CHECK(closed.answer.empty());
  CHECK(!closed.authoritative);
  CHECK(asked.outcome.reason == Reason::NoPop);
  CHECK(asked.ask("x.img.cdn.example", kA).answer.size() == 4);  // open: all three, by their places
  CHECK(asked.ask("text.cdn.example", kTxt).rcode == 0);         // what needs no PoP goes on
}

TEST_CASE("answers: records of the zone, and what there is none of") {
  struct Row {
    const char* name;
    uint16_t type;
    int rcode;
    Lines answer;
    Lines authority;
  };
  const Lines soa{kSoaLine};
  Asked asked;
  for (const Row& row :
       {Row{"cdn.example",
            kSoa,
            0,
            {"cdn.example. 3600 IN SOA ns1.cdn.example. hostmaster.cdn.example. 7 86400 7200 "
             "3600000 60"},
            {}},
        Row{"cdn.example",
            kNs,
            0,
            {"cdn.example. 3600 IN NS ns1.cdn.example.",
             "cdn.example. 3600 IN NS ns.elsewhere.example."},
            {}},
        Row{"cdn.example", kMx, 0, {"cdn.example. 300 IN MX 10 mail.elsewhere.example."}, {}},
        Row{"cdn.example", kA, 0, {}, soa},
        Row{"er.cdn.example", kA, 0, {}, soa},
        Row{"text.cdn.example", kTxt, 0, {"text.cdn.example. 300 IN TXT \"hello world\""}, {}},
        Row{"none.cdn.example", kA, 3, {}, soa},
        Row{"www.cdn.example", kTxt, 0, {}, soa},
        Row{"away.cdn.example",
            kA,
            0,
            {"away.cdn.example. 300 IN CNAME host.elsewhere.example."},
            {}},
        Row{"away.cdn.example",
            kCname,
            0,
            {"away.cdn.example. 300 IN CNAME host.elsewhere.example."},
            {}},
        Row{"alias.cdn.example",
            kAaaa,
            0,
            {"alias.cdn.example. 300 IN CNAME www.cdn.example.",
             "www.cdn.example. 20 IN AAAA 2001:db8::a"},
            {}},
        Row{"alias.cdn.example",
            kTxt,
            0,
            {"alias.cdn.example. 300 IN CNAME www.cdn.example."},
            soa},
        Row{"dangling.cdn.example",
            kA,
            3,
            {"dangling.cdn.example. 300 IN CNAME none.cdn.example."},
            soa},
        Row{"www.cdn.example",
            kAny,
            0,
            {"www.cdn.example. 20 IN A 192.0.2.1", "www.cdn.example. 20 IN A 192.0.2.2",
             "www.cdn.example. 20 IN A 192.0.2.22"},
            {}},
        Row{"cdn.example", kAny, 0, {"cdn.example. 300 IN MX 10 mail.elsewhere.example."}, {}},
        Row{"er.cdn.example", kAny, 0, {}, soa},
        Row{"none.cdn.example", kAny, 3, {}, soa},
        Row{"elsewhere.example", kA, 5, {}, {}},
        Row{"example", kA, 5, {}, {}},
        Row{"cdn.example", 252, 5, {}, {}},
        Row{"cdn.example", 251, 5, {}, {}},
        Row{"cdn.example", 41, 1, {}, {}},
        Row{"cdn.example", 250, 1, {}, {}}}) {
    CAPTURE(row.name);
    CAPTURE(row.type);
    const Answer answer = asked.ask(row.name, row.type);
    CHECK(answer.rcode == row.rcode);
    CHECK(answer.answer == row.answer);
    CHECK(answer.authority == row.authority);
    CHECK(answer.authoritative == (row.rcode == 0 || row.rcode == 3));
  }
}

TEST_CASE("answers: a CNAME that leads to itself ends") {
  Asked asked;
  const Answer answer = asked.ask("loop.cdn.example", kA);
  CHECK(answer.rcode == 0);
  CHECK(!answer.answer.empty());
  CHECK(answer.answer.size() <= 8);
}

TEST_CASE("answers: the question comes back in the case it was asked in") {
  Asked asked;
  CHECK(asked.ask("wWw.cDN.example", kA).question == "wWw.cDN.example. IN A");
}

TEST_CASE("answers: the scope of a client subnet") {
  struct Row {
    const char* subnet;
    const char* first;
    int scope;
  };
  Asked asked;
  asked.from = "10.2.0.1";
  for (const Row& row : {Row{"10.1.2.0/24", "192.0.2.1", 16}, Row{"10.2.0.0/16", "192.0.2.3", 16},
                         Row{"10.0.0.0/12", "192.0.2.1", 16},  // finer than what was given
                         Row{"192.0.2.0/24", "192.0.2.1", 1},  // no rule near it
                         Row{"2001:db8:2::/56", "192.0.2.3", 48},
                         Row{"0.0.0.0/0", "192.0.2.3", 0}}) {  // the asker's own address counts
    CAPTURE(row.subnet);
    Question question;
    question.edns = true;
    question.options = subnet_option(row.subnet);
    const Answer answer = asked.ask(test::wire(question));
    REQUIRE(!answer.answer.empty());
    CHECK(answer.answer.front() == std::string("www.cdn.example. 20 IN A ") + row.first);
    std::string want = question.options;
    want[7] = static_cast<char>(row.scope);
    CHECK(answer.options == want);
  }
}

TEST_CASE("answers: what is not tailored has scope 0") {
  Asked asked;
  Question question;
  question.name = "text.cdn.example";
  question.type = kTxt;
  question.edns = true;
  question.options = subnet_option("10.1.2.0/24");
  CHECK(asked.ask(test::wire(question)).options == question.options);
}

TEST_CASE("answers: what does not fit is left out whole, over UDP only") {
  Asked asked;
  for (char c = 'a'; c < 'h'; ++c) {
    asked.world.spec.records.push_back({"big.cdn.example", "TXT", std::string(200, c), 300});
  }
  asked.world.remake();
  for (const int size : {512, 1232, 4096}) {
    Question question;
    question.name = "big.cdn.example";
    question.type = kTxt;
    question.edns = true;
    question.udp_size = static_cast<uint16_t>(size);
    const Answer answer = asked.ask(test::wire(question));
    CHECK(answer.truncated);
    CHECK(answer.answer.empty());
    CHECK(answer.opts == 1);
    CHECK(asked.outcome.size < 100);
  }
  asked.transport = Transport::Tcp;
  const Answer answer = asked.ask("big.cdn.example", kTxt);
  CHECK(!answer.truncated);
  CHECK(answer.answer.size() == 7);
}

TEST_CASE("answers: what is malformed is refused briefly, and a response is not answered") {
  Question question;
  question.edns = true;
  question.version = 1;
  Asked asked;
  const Answer future = asked.ask(test::wire(question));
  CHECK(future.rcode == 16);
  CHECK(future.opts == 1);
  std::string notify = test::wire({});
  notify[2] = 0x20;
  CHECK(asked.ask(notify).rcode == 4);
  CHECK(asked.ask(test::wire({}) + "x").rcode == 1);
  std::string response = test::wire({});
  response[2] = '\x81';
  asked.ask(response);
  CHECK(asked.outcome.size == 0);
  asked.ask("short");
  CHECK(asked.outcome.size == 0);
  Question chaos;
  chaos.klass = 3;
  CHECK(asked.ask(test::wire(chaos)).rcode == 5);
}

Question with_cookie(std::string cookie) {
  Question question;
  question.edns = true;
  question.options = option(10, cookie);
  return question;
}

// The 24 octets of the cookie option, which is the only one.
std::string cookie_of(const Answer& answer) {
  REQUIRE(answer.options.size() == 28);
  return answer.options.substr(4);
}

TEST_CASE("answers: a cookie is given, known again, and asked for alone") {
  Asked asked;
  const std::string cookie = cookie_of(asked.ask(test::wire(with_cookie("12345678"))));
  CHECK(cookie.substr(0, 8) == "12345678");
  CHECK(cookie_of(asked.ask(test::wire(with_cookie(cookie)))) == cookie);
  asked.from = "10.9.9.9";
  CHECK(cookie_of(asked.ask(test::wire(with_cookie(cookie)))) != cookie);
  const std::string whole = test::wire(with_cookie("12345678"));
  std::string alone = whole.substr(0, 12) + whole.substr(test::wire({}).size());
  alone[5] = 0;
  CHECK(cookie_of(asked.ask(alone)).substr(0, 8) == "12345678");
  CHECK(asked.outcome.reason == Reason::CookieOnly);
}

TEST_CASE("answers: the rate limit spares TCP and whoever shows a cookie of ours") {
  Asked asked(10);
  const auto sent = [&](const std::string& message) {
    int whole = 0;
    for (int i = 0; i < 40; ++i) {
      const Answer answer = asked.ask(message);
      if (asked.outcome.size > 0 && !answer.truncated) ++whole;
    }
    return whole;
  };
  const std::string cookie = cookie_of(asked.ask(test::wire(with_cookie("12345678"))));
  CHECK(sent(test::wire({})) == 9);
  CHECK(asked.outcome.limited);
  CHECK(sent(test::wire(with_cookie("12345678"))) == 0);
  CHECK(sent(test::wire(with_cookie(cookie))) == 40);
  asked.transport = Transport::Tcp;
  CHECK(sent(test::wire({})) == 40);
  asked.transport = Transport::Udp;
  // Names that do not exist count together, and refusals are dropped.
  int whole = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "none" + std::to_string(i) + ".cdn.example";
    if (asked.ask(name.c_str(), kA).authority.size() == 1) ++whole;
  }
  CHECK(whole == 10);
  CHECK(sent(test::wire({}) + "x") == 10);
}

}  // namespace
}  // namespace atl::dns
