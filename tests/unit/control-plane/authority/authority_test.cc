#include "control-plane/authority/authority.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

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
  const auto pem = (*authority)->issue(kEdge, *request, hours{24}, clock.wall());
  REQUIRE(pem.has_value());
  const auto caller = trust::to_caller(*pem);
  REQUIRE(caller.has_value());
  CHECK(caller->identity == kEdge);
  CHECK(caller->issued == clock.wall());
  CHECK(caller->not_after == clock.wall() + hours{24});
  // Never longer than the authority's own.
  const WallTime late = clock.wall() + std::chrono::days{3649};
  const auto last = (*authority)->issue(kEdge, *request, std::chrono::days{7}, late);
  CHECK(trust::to_caller(*last)->not_after == clock.wall() + std::chrono::days{3650});
  CHECK(!(*authority)
             ->issue(kEdge, *request, hours{1}, clock.wall() + std::chrono::days{3650})
             .has_value());
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
    CHECK(refused.error() == row.why);
  }
  // None of that has used it up.
  const auto joined = registrar.enroll(good, edge, new_request());
  REQUIRE(joined.has_value());
  const auto caller = trust::to_caller(*joined);
  REQUIRE(caller.has_value());
  CHECK(caller->identity == kEdge);
  CHECK(registrar.enroll(good, edge, new_request()).error() == "the join token was used already");

  clock.advance(hours{16});
  const auto renewed = registrar.renew(*caller, new_request());
  REQUIRE(renewed.has_value());
  CHECK(trust::to_caller(*renewed)->identity == kEdge);
  CHECK(trust::to_caller(*renewed)->issued == clock.wall());
  CHECK(!registrar.renew(*caller, "junk").has_value());
}

TEST_CASE("revocation file: what is added is read; one that is damaged is an error") {
  const ScratchDirectory scratch;
  const ManualClock clock;
  CHECK(read_revocations(scratch.path())->empty());
  REQUIRE(revoke_identity(scratch.path(), kEdge, clock.wall()).has_value());
  REQUIRE(revoke_identity(scratch.path(), kOrigin, clock.wall()).has_value());
  const auto list = read_revocations(scratch.path());
  REQUIRE(list.has_value());
  CHECK(list->size() == 2);
  CHECK(trust::is_revoked(*list, "atoll://pop/fra/node/0", clock.wall()));
  scratch.write("revoked", "garbage");
  CHECK(!read_revocations(scratch.path()).has_value());
  CHECK(!revoke_identity(scratch.path(), kEdge, clock.wall()).has_value());
  CHECK(scratch.read("revoked") == "garbage");
}

}  // namespace
}  // namespace atl::control
