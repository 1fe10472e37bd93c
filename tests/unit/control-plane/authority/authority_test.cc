#include "control-plane/authority/authority.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <memory>
#include <set>
#include <string>

#include "control-plane/authority/issue_time.h"
#include "control-plane/authority/known_pops.h"
#include "control-plane/authority/registrar.h"
#include "control-plane/authority/revocation_file.h"
#include "lib/crypto/certificate_request.h"
#include "tests/support/scratch_directory.h"

namespace atl::control {
namespace {

using std::chrono::hours;

const trust::Identity kEdge{trust::Kind::Edge, "fra", "0"};
const trust::Identity kOrigin{trust::Kind::Origin, "", "site"};

mode_t mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::string new_request() { return crypto::make_request(crypto::PrivateKey::generate()); }

std::string_view bytes_of(const TokenBook::Secret& secret) {
  return {reinterpret_cast<const char*>(secret.data()), secret.size()};
}

TEST_CASE("authority: made once, kept from others, the same after a restart") {
  const ScratchDirectory scratch;
  const std::string directory = scratch.file("authority");
  const ManualClock clock;
  const auto first = Authority::open(directory, clock.wall());
  REQUIRE(first.has_value());
  CHECK(mode_of(directory) == 0700);
  CHECK(mode_of(directory + "/root.pem") == 0600);
  const auto second = Authority::open(directory, clock.wall());
  REQUIRE(second.has_value());
  CHECK((*second)->fingerprint() == (*first)->fingerprint());
  CHECK((*second)->certificate().find("PRIVATE") == std::string::npos);
}

TEST_CASE("authority: a damaged or expired key is an error, and is not replaced") {
  const ScratchDirectory scratch;
  const ManualClock clock;
  REQUIRE(Authority::open(scratch.path(), clock.wall()).has_value());
  CHECK(!Authority::open(scratch.path(), clock.wall() + std::chrono::days{3651}).has_value());
  scratch.write("root.pem", "garbage");
  CHECK(!Authority::open(scratch.path(), clock.wall()).has_value());
  CHECK(scratch.read("root.pem") == "garbage");
}

TEST_CASE("authority: certificates say who, since when and until when") {
  const ScratchDirectory scratch;
  const ManualClock clock;
  const auto authority = Authority::open(scratch.path(), clock.wall());
  REQUIRE(authority.has_value());
  const auto request = crypto::read_request(new_request());
  const auto issue = [&](std::chrono::milliseconds life, WallTime now) {
    return (*authority)
        ->issue(kEdge, *request, {.now = now, .issued = now + hours{2}, .life = life});
  };
  const auto pem = issue(hours{24}, clock.wall());
  REQUIRE(pem.has_value());
  const auto caller = trust::to_caller(*pem);
  REQUIRE(caller.has_value());
  CHECK(caller->identity == kEdge);
  CHECK(caller->issued == clock.wall() + hours{2});
  CHECK(caller->not_before == clock.wall() - std::chrono::minutes{5});
  CHECK(caller->not_after == clock.wall() + hours{24});
  // Never longer than the authority's own.
  const WallTime late = clock.wall() + std::chrono::days{3649};
  const auto last = issue(std::chrono::days{7}, late);
  CHECK(trust::to_caller(*last)->not_after == clock.wall() + std::chrono::days{3650});
  CHECK(!issue(hours{1}, clock.wall() + std::chrono::days{3650}).has_value());
}

TEST_CASE("authority: its own certificate is a control plane's") {
  const ScratchDirectory scratch;
  const ManualClock clock;
  const auto authority = Authority::open(scratch.path(), clock.wall());
  const auto own = (*authority)->issue_own("main", hours{24}, clock.wall());
  REQUIRE(own.has_value());
  CHECK(own->self.uri == "atoll://control/main");
  CHECK(own->authority == (*authority)->certificate());
}

TEST_CASE("registrar: joining, renewing, and every refusal with its reason") {
  const ScratchDirectory scratch;
  ManualClock clock;
  const auto authority = Authority::open(scratch.path(), clock.wall());
  REQUIRE(authority.has_value());
  Registrar registrar(*authority, scratch.path(), std::make_shared<trust::Guard>(), hours{24},
                      clock);
  TokenBook book(tokens_of(scratch.path()));
  const auto secret = book.make(kEdge, hours{1}, clock.wall());
  REQUIRE(secret.has_value());
  const std::string edge = trust::to_uri(kEdge);

  struct Row {
    std::string secret, identity, request, why;
  };
  const std::string good(bytes_of(*secret));
  for (const Row& row : {
           Row{good, "atoll://control/main", new_request(),
               "only edges and origins join with a token"},
           Row{good, "somebody", new_request(), "only edges and origins join with a token"},
           Row{good.substr(1), edge, new_request(), "that is no join token"},
           Row{good, edge, "junk", "it is not a certificate request in DER format"},
           Row{std::string(32, 'x'), edge, new_request(),
               "the join token is unknown: it was not made here, or it expired long ago"},
           Row{good, trust::to_uri(kOrigin), new_request(),
               "the join token was made for another node or kind of program"},
       }) {
    CAPTURE(row.why);
    const auto refused = registrar.enroll(row.secret, row.identity, row.request);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().why == row.why);
    CHECK(!refused.error().passing);
  }
  // None of that has used it up.
  const auto joined = registrar.enroll(good, edge, new_request());
  REQUIRE(joined.has_value());
  const auto caller = trust::to_caller(*joined);
  REQUIRE(caller.has_value());
  CHECK(caller->identity == kEdge);
  CHECK(registrar.enroll(good, edge, new_request()).error().why ==
        "the join token was used already");

  clock.advance(hours{16});
  const auto renewed = registrar.renew(*caller, new_request());
  REQUIRE(renewed.has_value());
  CHECK(trust::to_caller(*renewed)->identity == kEdge);
  CHECK(trust::to_caller(*renewed)->issued == clock.wall());
  CHECK(!registrar.renew(*caller, "junk").has_value());
}

// A node that has joined, and what it joined with.
struct Member {
  ScratchDirectory scratch;
  ManualClock clock;
  std::shared_ptr<const Authority> authority = *Authority::open(scratch.path(), clock.wall());
  Registrar registrar{authority, scratch.path(), std::make_shared<trust::Guard>(), hours{24},
                      clock};
  std::string edge = trust::to_uri(kEdge);
  std::string secret = make_token();
  std::string request = new_request();
  trust::Caller caller = *trust::to_caller(registrar.enroll(secret, edge, request).value());

  std::string make_token() {
    const auto made = TokenBook(tokens_of(scratch.path())).make(kEdge, hours{1}, clock.wall());
    return std::string(bytes_of(*made));
  }
  std::string enroll(const std::string& with) {
    const auto joined = registrar.enroll(with, edge, request);
    return joined ? "" : joined.error().why;
  }
  std::string renew(const trust::Caller& who) {
    const auto renewed = registrar.renew(who, new_request());
    return renewed ? "" : renewed.error().why;
  }
  void revoke(const std::string& uri) {
    REQUIRE(control::revoke(scratch.path(), uri, clock.wall()).has_value());
  }
};

TEST_CASE("registrar: who was revoked gets nothing more, by its certificate or its token") {
  Member member;
  const std::string unused = member.make_token();
  CHECK(member.enroll(member.secret) == "");  // the answer got lost: the same key, once more
  // Nobody has told the guard yet.
  SUBCASE("by name") { member.revoke(member.edge); }
  SUBCASE("with its PoP") { member.revoke(trust::pop_uri("fra")); }
  CHECK(member.renew(member.caller) == "its certificate was revoked");
  for (const std::string& token : {member.secret, unused}) {
    CHECK(member.enroll(token) ==
          "the join token is void: whom it was made for was revoked after that");
  }
  // A new token brings it back, in the very same millisecond.
  const auto back = member.registrar.enroll(member.make_token(), member.edge, new_request());
  REQUIRE(back.has_value());
  CHECK(member.renew(*trust::to_caller(*back)) == "");
}

TEST_CASE("registrar: a revocation holds although the clock was put back") {
  Member member;
  member.clock.advance(hours{24});
  const auto ahead = trust::to_caller(*member.registrar.renew(member.caller, new_request()));
  REQUIRE(ahead.has_value());
  member.clock.advance(hours{-24});
  member.revoke(member.edge);
  CHECK(member.renew(*ahead) == "its certificate was revoked");
  const auto back = member.registrar.enroll(member.make_token(), member.edge, new_request());
  REQUIRE(back.has_value());
  CHECK(member.renew(*trust::to_caller(*back)) == "");
}

TEST_CASE("registrar: trouble of its own is no refusal, and strangers hear no details") {
  Member member;
  const std::string token = member.make_token();
  SUBCASE("the list of revocations") { member.scratch.write("revoked", "garbage"); }
  SUBCASE("the time of the last certificate") { member.scratch.write("issued", "garbage"); }
  const auto renewed = member.registrar.renew(member.caller, new_request());
  REQUIRE(!renewed.has_value());
  CHECK(renewed.error().passing);
  CHECK(renewed.error().why == "the control plane cannot issue certificates now");
}

TEST_CASE("issue time: never the same twice, never back, also after a restart") {
  const ScratchDirectory scratch;
  const WallTime now = ManualClock().wall();
  const std::chrono::milliseconds one{1};
  CHECK(next_issue_time(scratch.path(), now).value() == now);
  CHECK(next_issue_time(scratch.path(), now).value() == now + one);
  CHECK(next_issue_time(scratch.path(), now - hours{1}).value() == now + 2 * one);
  CHECK(next_issue_time(scratch.path(), now + hours{1}).value() == now + hours{1});
  for (const char* bad : {"", "x\n", "-1\n", "1", "1\n\n", "1 \n", "99999999999999999999\n"}) {
    CAPTURE(bad);
    scratch.write("issued", bad);
    CHECK(!next_issue_time(scratch.path(), now).has_value());
    CHECK(scratch.read("issued") == bad);
  }
}

TEST_CASE("known PoPs: nodes of those that are gone are revoked, once") {
  const ScratchDirectory scratch;
  const WallTime now = ManualClock().wall();
  using Names = std::set<std::string>;
  const auto follow = [&](const Names& pops) {
    return revoke_removed_pops(scratch.path(), pops, now).value();
  };
  CHECK(follow({"fra", "iad", "syd"}).empty());
  CHECK(follow({"fra", "iad", "syd"}).empty());
  CHECK(read_revocations(scratch.path())->empty());
  CHECK(follow({"fra", "gru"}) == Names{"iad", "syd"});
  CHECK(follow({"fra", "gru"}).empty());
  const auto list = read_revocations(scratch.path());
  REQUIRE(list->size() == 2);
  CHECK(trust::is_revoked(*list, "atoll://pop/iad/node/1", now));
  CHECK(!trust::is_revoked(*list, "atoll://pop/fra/node/0", now));
  for (const char* bad :
       {"garbage", "atoll-pops-1\nfra", "atoll-pops-1\n\n", "atoll-pops-1\na b\n"}) {
    CAPTURE(bad);
    scratch.write("pops", bad);
    CHECK(!revoke_removed_pops(scratch.path(), {"fra"}, now).has_value());
  }
}

TEST_CASE("revocation file: what is added is read; one that is damaged is an error") {
  const ScratchDirectory scratch;
  const ManualClock clock;
  CHECK(read_revocations(scratch.path())->empty());
  REQUIRE(revoke(scratch.path(), trust::to_uri(kEdge), clock.wall()).has_value());
  REQUIRE(revoke(scratch.path(), trust::to_uri(kOrigin), clock.wall()).has_value());
  const auto list = read_revocations(scratch.path());
  REQUIRE(list.has_value());
  CHECK(list->size() == 2);
  CHECK(trust::is_revoked(*list, "atoll://pop/fra/node/0", clock.wall()));
  CHECK(mode_of(scratch.file("revoked")) == 0600);
  scratch.write("revoked", "garbage");
  CHECK(!read_revocations(scratch.path()).has_value());
  CHECK(!revoke(scratch.path(), trust::to_uri(kEdge), clock.wall()).has_value());
  CHECK(scratch.read("revoked") == "garbage");
}

}  // namespace
}  // namespace atl::control
