#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "control-plane/authority/authority.h"
#include "control-plane/authority/registrar.h"
#include "control-plane/authority/revocation_file.h"
#include "control-plane/authority/token_book.h"
#include "lib/rpc/authority_client.h"
#include "lib/rpc/credential_keeper.h"
#include "tests/component/control-plane/harness.h"
#include "tests/support/trust_family.h"

// Joining, renewing and revoking against the control plane's real server.

namespace atl::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using trust::Identity;
using trust::Kind;

const Identity kEdge{Kind::Edge, "fra", "0"};
const Identity kOrigin{Kind::Origin, "", "site"};

struct World {
  explicit World(milliseconds life = hours{24}) {
    REQUIRE(authority != nullptr);
    const auto own = authority->issue_own("main", hours{24}, clock.wall());
    REQUIRE(own.has_value());
    const trust::CredentialFiles files(directory);
    REQUIRE(trust::save(files, *own).has_value());
    registrar = std::make_shared<control::Registrar>(authority, directory, guard, life, clock);
    plane = std::make_unique<ControlPlane>(loop, clock, scratch.path(), milliseconds{2000}, 0,
                                           control::FleetTrust{files, registrar});
    REQUIRE(plane->server != nullptr);
    plane->publish(content("site"));
  }

  std::string endpoint() const { return "127.0.0.1:" + std::to_string(plane->server->port()); }

  trust::JoinToken token(const Identity& who, milliseconds life = hours{1}) {
    const auto secret =
        control::TokenBook(control::tokens_of(directory)).make(who, life, clock.wall());
    REQUIRE(secret.has_value());
    return {*secret, authority->fingerprint()};
  }

  // The credentials, or why there are none in `trouble`.
  std::optional<trust::Credentials> enroll(const trust::JoinToken& with, const Identity& who,
                                           std::string key = {}) {
    if (key.empty()) key = crypto::PrivateKey::generate().to_pem();
    rpc::AuthorityClient client(endpoint());
    auto credentials = client.enroll(with, who, key);
    if (credentials) return *credentials;
    trouble = credentials.error().why;
    refused = credentials.error().refused;
    return std::nullopt;
  }

  void revoke(const Identity& who) {
    REQUIRE(control::revoke(directory, trust::to_uri(who), clock.wall()).has_value());
    CHECK(guard->replace(control::read_revocations(directory).value()));
    plane->server->recheck();
  }

  edge::AgentOptions agent_options(const trust::Credentials& credentials) const {
    edge::AgentOptions options;
    options.pop = "fra";
    options.control = endpoint();
    options.credentials = [shared = std::make_shared<const trust::Credentials>(credentials)] {
      return shared;
    };
    return options;
  }

  ScratchDirectory scratch;
  const std::string directory = scratch.file("authority");
  const SystemClock clock;
  net::Loop loop;
  std::shared_ptr<const control::Authority> authority =
      control::Authority::open(directory, clock.wall()).value_or(nullptr);
  std::shared_ptr<trust::Guard> guard = std::make_shared<trust::Guard>();
  std::shared_ptr<control::Registrar> registrar;
  std::unique_ptr<ControlPlane> plane;
  std::string trouble;
  bool refused = false;
};

// The keeper's, on another thread: its day may be further on.
class ShiftedClock final : public Clock {
 public:
  WallTime wall() const override { return SystemClock().wall() + hours{ahead}; }
  MonoTime mono() const override { return SystemClock().mono(); }
  std::atomic<int> ahead = 0;
};

bool says(const std::string& text, std::string_view part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("trust: a node joins with its token, once") {
  World world;
  const trust::JoinToken token = world.token(kEdge);
  const std::string key = crypto::PrivateKey::generate().to_pem();
  const auto credentials = world.enroll(token, kEdge, key);
  REQUIRE(credentials.has_value());
  CHECK(credentials->self.identity == kEdge);
  CHECK(credentials->key == key);
  // The answer got lost: the same key asks again.
  CHECK(world.enroll(token, kEdge, key).has_value());
  CHECK(!world.enroll(token, kEdge).has_value());
  CHECK(world.refused);
  CHECK(says(world.trouble, "the join token was used already"));
}

TEST_CASE("trust: tokens that are no good are refused with the reason") {
  World world;
  CHECK(!world.enroll(world.token(kEdge, milliseconds{0}), kEdge).has_value());
  CHECK(says(world.trouble, "the join token has expired"));
  const trust::JoinToken token = world.token(kEdge);
  CHECK(!world.enroll(token, kOrigin).has_value());
  CHECK(says(world.trouble, "the join token was made for another node or kind of program"));
  CHECK(world.enroll(token, kEdge).has_value());
  trust::JoinToken unknown = token;
  unknown.secret[0] ^= 1;
  CHECK(!world.enroll(unknown, kEdge).has_value());
  CHECK(says(world.trouble, "the join token is unknown"));
}

TEST_CASE("trust: a token is not shown to anybody but the control plane that made it") {
  World world;
  trust::JoinToken token = world.token(kEdge);
  token.authority[0] ^= 1;
  CHECK(!world.enroll(token, kEdge).has_value());
  CHECK(world.refused);
  CHECK(says(world.trouble, "it is not the control plane that the join token is from"));
  token.authority[0] ^= 1;
  CHECK(world.enroll(token, kEdge).has_value());  // it was not used up
}

TEST_CASE("trust: renewing, and news of who was revoked") {
  World world;
  const auto credentials = world.enroll(world.token(kEdge), kEdge);
  REQUIRE(credentials.has_value());
  rpc::AuthorityClient client(world.endpoint());
  const auto same = client.refresh(*credentials, false);
  REQUIRE(same.has_value());
  CHECK(same->credentials.chain == credentials->chain);
  CHECK(same->revoked.empty());
  world.revoke(kOrigin);
  const auto fresh = client.refresh(*credentials, true);
  REQUIRE(fresh.has_value());
  CHECK(fresh->credentials.self.identity == kEdge);
  CHECK(fresh->credentials.key != credentials->key);
  REQUIRE(fresh->revoked.size() == 1);
  CHECK(fresh->revoked[0].uri == "atoll://origin/site");
}

TEST_CASE("trust: who is revoked, a stranger or without a certificate gets no new one") {
  World world;
  const auto credentials = world.enroll(world.token(kEdge), kEdge);
  REQUIRE(credentials.has_value());
  rpc::AuthorityClient client(world.endpoint());
  trust::Credentials stranger = TrustFamily().member(kEdge);
  stranger.authority = world.authority->certificate();
  CHECK(!client.refresh(stranger, true).has_value());
  trust::Credentials nobody = *credentials;
  nobody.key.clear();
  nobody.chain.clear();
  const auto without = client.refresh(nobody, true);
  REQUIRE(!without.has_value());
  CHECK(says(without.error().why, "this call needs a certificate"));
  world.revoke(kEdge);
  const auto revoked = client.refresh(*credentials, true);
  REQUIRE(!revoked.has_value());
  CHECK(revoked.error().refused);
  CHECK(says(revoked.error().why, "its certificate was revoked"));
  // A new token brings it back.
  const auto again = world.enroll(world.token(kEdge), kEdge);
  REQUIRE(again.has_value());
  CHECK(client.refresh(*again, true).has_value());
}

TEST_CASE("trust: a node joins the fleet as who it is, and no other") {
  World world;
  const auto credentials = world.enroll(world.token(kEdge), kEdge);
  REQUIRE(credentials.has_value());
  FakeNode node(world.loop);
  edge::AgentOptions options = world.agent_options(*credentials);
  bool refused = true;
  SUBCASE("itself") {
    refused = false;
    edge::Agent agent(world.loop, node, options);
    agent.start();
    CHECK(run_until(world.loop, [&] { return world.plane->active("fra"); }));
    // It is revoked: its stream ends, and it does not come back.
    world.revoke(kEdge);
    CHECK(run_until(world.loop, [&] { return !agent.connected() && !world.plane->active("fra"); }));
    CHECK(world.plane->node("fra") == nullptr);
  }
  SUBCASE("another node") { options.node = "1"; }
  SUBCASE("another PoP") { options.pop = "syd"; }
  SUBCASE("a stranger") {
    trust::Credentials stranger = TrustFamily().member(kEdge);
    stranger.authority = world.authority->certificate();
    options = world.agent_options(stranger);
  }
  SUBCASE("without TLS") { options.credentials = nullptr; }
  if (refused) {
    CHECK(world.plane->node("fra") == nullptr);
    edge::Agent agent(world.loop, node, options);
    agent.start();
    // One that may join does so by then: it asks after the other did.
    FakeNode witness(world.loop);
    edge::Agent good(world.loop, witness, world.agent_options(*credentials));
    net::Timer later(world.loop, [&] { good.start(); });
    later.start(milliseconds{100});
    CHECK(run_until(world.loop, [&] { return good.connected(); }));
    CHECK(!agent.connected());
    CHECK(world.plane->fleet.nodes_of("fra").size() == 1);
    CHECK(world.plane->fleet.nodes_of("syd").empty());
  }
}

TEST_CASE("trust: the keeper joins, renews by itself and comes back from its files") {
  World world;
  ShiftedClock clock;
  const ScratchDirectory home;
  home.write("token", trust::to_text(world.token(kEdge)) + "\n");
  rpc::CredentialKeeper::Options options{.control = world.endpoint(),
                                         .directory = home.file("trust"),
                                         .token_file = home.file("token"),
                                         .self = kEdge,
                                         .refresh = milliseconds{50},
                                         .give_up = nullptr};
  std::string first;
  {
    auto keeper = rpc::CredentialKeeper::start(options, clock);
    REQUIRE(keeper.has_value());
    first = (*keeper)->credentials()->chain;
    clock.ahead = 17;  // of 24 hours
    CHECK(run_until(world.loop, [&] { return (*keeper)->credentials()->chain != first; }));
    clock.ahead = 0;
    world.revoke(kOrigin);
    CHECK(run_until(world.loop, [&] { return !(*keeper)->guard()->revocations()->empty(); }));
  }
  // The token is used up: it does not need one any more. Who was revoked is known at once.
  options.token_file.clear();
  options.control = "127.0.0.1:1";
  auto keeper = rpc::CredentialKeeper::start(options, clock);
  REQUIRE(keeper.has_value());
  CHECK((*keeper)->credentials()->chain != first);
  CHECK((*keeper)->guard()->revocations()->size() == 1);
  keeper->reset();
  // As somebody else it does not start.
  options.self = {Kind::Edge, "fra", "1"};
  const auto other = rpc::CredentialKeeper::start(options, clock);
  REQUIRE(!other.has_value());
  CHECK(says(other.error(), "is the certificate of atoll://pop/fra/node/0"));
}

TEST_CASE("trust: a keeper with nothing to join with says so") {
  World world;
  const ScratchDirectory home;
  rpc::CredentialKeeper::Options options{.control = world.endpoint(),
                                         .directory = home.file("trust"),
                                         .token_file = {},
                                         .self = kEdge,
                                         .give_up = nullptr};
  CHECK(says(rpc::CredentialKeeper::start(options, world.clock).error(), "and no token_file"));
  options.token_file = home.file("token");
  CHECK(says(rpc::CredentialKeeper::start(options, world.clock).error(), "no such file"));
  home.write("token", "hello");
  CHECK(says(rpc::CredentialKeeper::start(options, world.clock).error(), "a token begins with"));
  // Nobody answers: it asks until it is told to stop.
  home.write("token", trust::to_text(world.token(kEdge)));
  options.control = "127.0.0.1:1";
  int asked = 0;
  options.give_up = [&] { return ++asked == 2; };
  CHECK(says(rpc::CredentialKeeper::start(options, world.clock).error(), "told to stop"));
}

}  // namespace
}  // namespace atl::testing
