#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/support/scratch_directory.h"
#include "tests/support/trust_family.h"
#include "tests/unit/lib/rpc/exchange_world.h"

// Exchanges over mutual TLS: who is spoken to, by both ends, and what they say otherwise.

namespace atl::rpc::test {
namespace {

using atl::testing::TrustFamily;
using std::chrono::hours;
using trust::Identity;
using trust::Kind;

const Identity kOrigin{Kind::Origin, "", "site"};
const Identity kEdge{Kind::Edge, "fra", "0"};
const Identity kSibling{Kind::Edge, "fra", "1"};

// A server with one certificate of `family`, and a client for others.
struct Pair {
  explicit Pair(const Identity& server = kOrigin, trust::Kinds callers = {Kind::Edge})
      : Pair(server, callers, std::make_shared<TrustFamily>()) {}
  Pair(const Identity& server, trust::Kinds callers, std::shared_ptr<TrustFamily> with)
      : family(std::move(with)), world(options(server, callers)) {
    world.script = [](Scripted& handler) {
      answer(*handler.responder, 200,
             std::string(handler.request->target == "/" ? 10 : 300'000, 'x'));
    };
  }

  ServerOptions options(const Identity& server, trust::Kinds callers) {
    REQUIRE(trust::save(files, family->member(server)).has_value());
    ServerOptions made;
    made.trust = ServerTrust{.files = files, .guard = server_guard, .callers = callers};
    return made;
  }

  void show(const trust::Credentials& credentials) {
    const auto context = make_client_context(credentials);
    REQUIRE(context.has_value());
    world.client->use_tls(*context, client_guard);
  }

  // What became of one exchange: "200", or why it failed.
  std::string ask(std::string_view target = "/", std::string_view certificate = {}) {
    Recorder recorder(world);
    ExchangeHead head = world.get(target);
    head.certificate = certificate;
    const auto call = world.open(head, recorder);
    if (!world.run_until([&] { return recorder.over(); })) return "nothing";
    return recorder.failure ? recorder.failure->detail : std::to_string(recorder.status);
  }

  ScratchDirectory scratch;
  trust::CredentialFiles files{scratch.path()};
  std::shared_ptr<trust::Guard> server_guard = std::make_shared<trust::Guard>();
  std::shared_ptr<trust::Guard> client_guard = std::make_shared<trust::Guard>();
  std::shared_ptr<TrustFamily> family;
  World world;
};

void revoke_in(trust::Guard& guard, const Identity& who) {
  trust::Revocations list;
  trust::revoke(list, trust::to_uri(who), SystemClock().wall());
  CHECK(guard.replace(list));
}

bool says(const std::string& text, std::string_view part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("trust: small and large answers pass between programs of one authority") {
  Pair pair;
  pair.show(pair.family->member(kEdge));
  CHECK(pair.ask("/") == "200");
  CHECK(pair.ask("/large") == "200");
  CHECK(pair.world.client->reachable(pair.world.endpoint()) == true);
}

TEST_CASE("trust: without TLS nothing is answered") {
  Pair pair;
  CHECK(pair.ask() != "200");
  CHECK(pair.world.handlers().empty());
}

TEST_CASE("trust: the server refuses who is none of its authority's, too old or of another kind") {
  SUBCASE("another authority") {
    Pair pair;
    // It believes the server, which does not believe it.
    trust::Credentials stranger = TrustFamily().member(kEdge);
    stranger.authority = pair.family->member(kEdge).authority;
    pair.show(stranger);
    CHECK(pair.ask() != "200");
    CHECK(pair.world.handlers().empty());
  }
  SUBCASE("expired") {
    Pair pair;
    pair.show(pair.family->member(kEdge, hours{11}));
    CHECK(pair.ask() != "200");
    CHECK(pair.world.handlers().empty());
  }
  SUBCASE("an origin's certificate") {
    Pair pair;
    pair.show(pair.family->member(kOrigin));
    CHECK(says(pair.ask(), "its certificate is for another kind of program"));
    CHECK(pair.world.handlers().empty());
  }
  SUBCASE("revoked") {
    Pair pair;
    pair.show(pair.family->member(kEdge));
    revoke_in(*pair.server_guard, kEdge);
    CHECK(says(pair.ask(), "its certificate was revoked"));
    CHECK(pair.world.handlers().empty());
  }
}

TEST_CASE("trust: the client refuses before it has sent anything") {
  SUBCASE("another authority") {
    Pair pair;
    trust::Credentials confused = pair.family->member(kEdge);
    confused.authority = TrustFamily().member(kEdge).authority;
    pair.show(confused);
    CHECK(says(pair.ask(), "certificate"));
    CHECK(pair.world.handlers().empty());
  }
  SUBCASE("an edge where an origin should be") {
    Pair pair(kSibling);
    pair.show(pair.family->member(kEdge));
    CHECK(says(pair.ask(), "is atoll://pop/fra/node/1: its certificate is for another kind"));
    CHECK(pair.world.handlers().empty());
  }
  SUBCASE("an origin where an edge should be") {
    Pair pair;
    pair.show(pair.family->member(kEdge));
    CHECK(says(pair.ask("/", trust::to_uri(kSibling)), "another node was expected there"));
    CHECK(pair.world.handlers().empty());
  }
  SUBCASE("revoked") {
    Pair pair;
    pair.show(pair.family->member(kEdge));
    revoke_in(*pair.client_guard, kOrigin);
    CHECK(says(pair.ask(), "its certificate was revoked"));
    CHECK(pair.world.handlers().empty());
  }
}

TEST_CASE("trust: a node is spoken to under its own name only") {
  Pair pair(kSibling);
  pair.show(pair.family->member(kEdge));
  CHECK(pair.ask("/", trust::to_uri(kSibling)) == "200");
  // The configuration names another node at that address now.
  CHECK(says(pair.ask("/", "atoll://pop/fra/node/2"), "another node was expected there"));
}

TEST_CASE("trust: calls of a node that is revoked end, at whichever end hears of it") {
  Pair pair;
  pair.world.script = [](Scripted&) {};  // never answers
  pair.show(pair.family->member(kEdge));
  Recorder recorder(pair.world);
  const auto call = pair.world.open(pair.world.get("/"), recorder);
  REQUIRE(pair.world.run_until([&] { return pair.world.handlers().size() == 1; }));
  SUBCASE("the server") {
    revoke_in(*pair.server_guard, kEdge);
    pair.world.server->recheck();
  }
  SUBCASE("the client") {
    revoke_in(*pair.client_guard, kOrigin);
    const auto context = make_client_context(pair.family->member(kEdge));
    pair.world.client->use_tls(*context, pair.client_guard);
  }
  CHECK(pair.world.run_until([&] { return recorder.over(); }));
  CHECK(recorder.failure.has_value());
  const auto handler = pair.world.handlers().front();
  CHECK(
      pair.world.run_until([&] { return pair.world.locked([&] { return handler->cancelled; }); }));
  CHECK(pair.ask() != "200");
}

TEST_CASE(
    "trust: a renewed certificate is used by the next connection, and calls go on meanwhile") {
  Pair pair;
  std::shared_ptr<ExchangeResponder> waiting;
  pair.world.script = [&](Scripted& handler) {
    if (handler.request->target == "/wait") {
      waiting = handler.responder;
    } else {
      answer(*handler.responder, 200, std::string(300'000, 'x'));
    }
  };
  pair.show(pair.family->member(kEdge));
  Recorder recorder(pair.world);
  const auto call = pair.world.open(pair.world.get("/wait"), recorder);
  REQUIRE(pair.world.run_until([&] { return pair.world.handlers().size() == 1; }));
  CHECK(pair.ask("/large") == "200");
  // From now on only what is shown anew could be refused: the old one is.
  pair.show(pair.family->member(kSibling));
  revoke_in(*pair.server_guard, kEdge);
  CHECK(pair.ask("/large") == "200");
  answer(*waiting, 200, "late");
  CHECK(pair.world.run_until([&] { return recorder.over(); }));
  CHECK(recorder.status == 200);
}

}  // namespace
}  // namespace atl::rpc::test
