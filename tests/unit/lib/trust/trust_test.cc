#include <doctest/doctest.h>

#include <string>

#include "lib/trust/exposure.h"
#include "lib/trust/guard.h"
#include "lib/trust/identity.h"
#include "lib/trust/join_token.h"
#include "lib/trust/refusals.h"
#include "lib/trust/revocations.h"
#include "lib/trust/serial.h"

namespace atl::trust {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::milliseconds{1'800'000'000'123}};

TEST_CASE("identity: what is written is read back, and nothing else is read") {
  for (const Identity& identity :
       {Identity{Kind::Edge, "fra", "0"}, Identity{Kind::Origin, "", "a"},
        Identity{Kind::Control, "", "main.2-b_c"}}) {
    CHECK(parse_identity(to_uri(identity)) == identity);
  }
  CHECK(to_uri({Kind::Edge, "fra", "0"}) == "atoll://pop/fra/node/0");
  for (const char* text :
       {"", "atoll://", "atoll://pop/fra", "atoll://pop/fra/node/", "atoll://pop//node/0",
        "atoll://pop/fra/node/0/", "atoll://pop/fra/node/0?x", "atoll://pop/f ra/node/0",
        "atoll://origin/", "atoll://origin/a/b", "ATOLL://origin/a", "http://origin/a",
        "atoll://pop/fra/edge/0", " atoll://origin/a"}) {
    CAPTURE(text);
    CHECK(!parse_identity(text));
  }
  CHECK(!parse_identity("atoll://origin/" + std::string(65, 'a')));
  CHECK(!parse_identity(std::string("atoll://origin/a\0b", 18)));
}

TEST_CASE("serial: says when, and no two are alike") {
  CHECK(issued_at(make_serial(kNow)) == kNow);
  CHECK(make_serial(kNow) != make_serial(kNow));
  CHECK(make_serial(kNow)[0] < 0x80);
}

TEST_CASE("join token: text and back, and what is wrong with a damaged one") {
  JoinToken token;
  for (size_t i = 0; i < token.secret.size(); ++i) {
    token.secret[i] = static_cast<uint8_t>(i);
    token.authority[i] = static_cast<uint8_t>(255 - i);
  }
  const std::string text = to_text(token);
  CHECK(parse_join_token(text) == token);
  CHECK(parse_join_token("\n " + text + " \r\n") == token);
  for (const std::string& bad :
       {std::string(), std::string(" \n"), text.substr(1), text.substr(0, text.size() - 1),
        text + "0", text.substr(0, 40), "atoll-join-2." + text.substr(13), text + "\n" + text}) {
    CAPTURE(bad);
    CHECK(!parse_join_token(bad).has_value());
  }
}

TEST_CASE("revocations: what was issued until then is refused, what comes later is not") {
  Revocations list;
  revoke(list, "atoll://origin/a", kNow);
  CHECK(is_revoked(list, "atoll://origin/a", kNow - hours{1}));
  CHECK(is_revoked(list, "atoll://origin/a", kNow));
  CHECK(!is_revoked(list, "atoll://origin/a", kNow + std::chrono::milliseconds{1}));
  CHECK(!is_revoked(list, "atoll://origin/b", kNow));
  revoke(list, "atoll://origin/a", kNow + hours{1});
  CHECK(list.size() == 1);
  CHECK(is_revoked(list, "atoll://origin/a", kNow + hours{1}));
}

TEST_CASE("revocations: all nodes of a PoP at once, and of no other") {
  Revocations list;
  revoke(list, pop_uri("fra"), kNow);
  CHECK(is_revoked(list, "atoll://pop/fra/node/0", kNow));
  CHECK(is_revoked(list, "atoll://pop/fra/node/1", kNow));
  for (const char* other : {"atoll://pop/fra2/node/0", "atoll://pop/fr/node/0",
                            "atoll://origin/fra", "atoll://pop/Fra/node/0"}) {
    CAPTURE(other);
    CHECK(!is_revoked(list, other, kNow));
  }
  CHECK(covers("atoll://origin/a", "atoll://origin/a"));
  CHECK(!covers("atoll://origin/a", "atoll://origin/ab"));
  CHECK(!covers("atoll://pop/fra/node/0", "atoll://pop/fra"));
}

TEST_CASE("refusals: logged once, and not without end") {
  Refusals refusals;
  const MonoTime now{};
  CHECK(refusals.log("a is refused", now));
  CHECK(!refusals.log("a is refused", now));
  CHECK(refusals.log("b is refused", now));
  CHECK(!refusals.log("a is refused", now));
  size_t logged = 2;
  for (int i = 0; i < 1000; ++i) logged += refusals.log(std::to_string(i), now) ? 1 : 0;
  CHECK(logged == Refusals::kMost);
  CHECK(refusals.log("a is refused", now + Refusals::kWithin));
}

TEST_CASE("revocations: those that nobody can use any more are forgotten") {
  Revocations list;
  revoke(list, "atoll://origin/a", kNow);
  revoke(list, "atoll://origin/b", kNow + kLongestLife);
  CHECK(list.size() == 2);
  revoke(list, "atoll://origin/c", kNow + kLongestLife + std::chrono::milliseconds{1});
  CHECK(list.size() == 2);
  CHECK(list[0].uri == "atoll://origin/b");
}

TEST_CASE("revocations: text and back, and nothing else is read") {
  Revocations list;
  CHECK(parse_revocations(to_text(list)) == list);
  revoke(list, "atoll://origin/a", kNow);
  revoke(list, "atoll://pop/fra/node/0", kNow + hours{1});
  revoke(list, pop_uri("syd"), kNow);
  const std::string text = to_text(list);
  CHECK(parse_revocations(text) == list);
  const std::string head = "atoll-revocations-1\n";
  for (const std::string& bad :
       {std::string(), text.substr(1), text.substr(0, text.size() - 1), head + "\n", head + "1 x\n",
        head + "x atoll://origin/a\n", head + "1 atoll://pop\n", head + "1 atoll://pop/a b\n",
        head + "-1 atoll://origin/a\n", head + "1  atoll://origin/a\n",
        head + "1 atoll://origin/a\n1 atoll://origin/a\n",
        head + "99999999999999999999 atoll://origin/a\n"}) {
    CAPTURE(bad);
    CHECK(!parse_revocations(bad).has_value());
  }
}

TEST_CASE("guard: kind, time and revocation, each with its reason") {
  Guard guard;
  const Caller edge{.uri = "atoll://pop/fra/node/0",
                    .identity = {Kind::Edge, "fra", "0"},
                    .issued = kNow,
                    .not_before = kNow,
                    .not_after = kNow + hours{1}};
  CHECK(guard.objection(edge, {Kind::Edge, Kind::Control}, kNow) == nullptr);
  CHECK(std::string(guard.objection(edge, {Kind::Origin}, kNow)) ==
        "its certificate is for another kind of program");
  CHECK(std::string(guard.objection(edge, {Kind::Edge}, kNow + hours{2})) ==
        "its certificate has expired");
  Revocations list;
  revoke(list, edge.uri, kNow);
  CHECK(guard.replace(list));
  CHECK(!guard.replace(list));
  CHECK(std::string(guard.objection(edge, {Kind::Edge}, kNow)) == "its certificate was revoked");
}

TEST_CASE("exposure: what only this machine reaches") {
  for (const char* text : {"127.0.0.1:80", "127.255.1.2:0", "[::1]:7400", "localhost:1"}) {
    CAPTURE(text);
    CHECK(is_loopback(text));
  }
  for (const char* text : {"0.0.0.0:80", "[::]:80", "128.0.0.1:1", "10.0.0.1:1", "example.org:1",
                           "localhost.example.org:1", "127.1:80", "[::ffff:127.0.0.1]:1", ""}) {
    CAPTURE(text);
    CHECK(!is_loopback(text));
  }
}

}  // namespace
}  // namespace atl::trust
