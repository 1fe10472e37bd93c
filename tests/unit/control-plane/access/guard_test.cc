#include "control-plane/access/guard.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/scratch_directory.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;
using Via = Credentials::Via;

struct World {
  ScratchDirectory scratch;
  ManualClock clock;
  Guard guard{clock, *TokenStore::open(scratch.file("tokens")), AuditLog(scratch.file("audit"))};

  std::string token(Role role, std::optional<std::chrono::seconds> lifetime = {}) {
    auto made = guard.tokens().create(std::string(to_string(role)), role, lifetime, guard.now_s());
    REQUIRE(made);
    return made->secret;
  }
  std::expected<Caller, Denial> admit(const std::string& secret, Role needed, bool cookie = false,
                                      const std::string& client = "127.0.0.1") {
    const std::string value = cookie ? "atoll_session=" + secret : "Bearer " + secret;
    std::vector<http::Field> fields;
    if (!secret.empty()) fields.push_back({cookie ? "Cookie" : "Authorization", value});
    return guard.admit(fields, client, needed, Authentication::Required);
  }
};

TEST_CASE("guard: each role may what the roles before it may, and no more") {
  World world;
  const std::vector<Role> roles{Role::Viewer, Role::Operator, Role::Admin};
  for (const Role role : roles) {
    const std::string secret = world.token(role);
    for (const Role needed : roles) {
      CAPTURE(to_string(role));
      CAPTURE(to_string(needed));
      const auto caller = world.admit(secret, needed);
      CHECK(caller.has_value() == (role >= needed));
      if (caller) {
        CHECK(caller->token == to_string(role));
        CHECK(caller->via == Via::Header);
      } else {
        CHECK(caller.error().status == 403);
        CHECK(caller.error().challenge ==
              "Bearer realm=\"atoll\", error=\"insufficient_scope\", scope=\"" +
                  std::string(to_string(needed)) + "\"");
        CHECK(caller.error().who.token == to_string(role));
      }
    }
  }
}

TEST_CASE("guard: who shows nothing is asked for a token, where one is needed") {
  World world;
  const auto denied = world.admit("", Role::Viewer);
  REQUIRE_FALSE(denied);
  CHECK(denied.error().status == 401);
  CHECK(denied.error().challenge == "Bearer realm=\"atoll\"");
  CHECK_FALSE(denied.error().report);
  CHECK(world.admit("", Role::Anyone));
  CHECK(world.admit("not a token", Role::Viewer).error().status == 400);
  CHECK(world.admit("wrong", Role::Anyone).error().status == 401);
  CHECK(world.admit("wrong", Role::Anyone, true));  // a cookie is sent along, wanted or not
}

TEST_CASE("guard: a token stops at its end, and at its deletion") {
  World world;
  const std::string secret = world.token(Role::Viewer, 60s);
  const auto caller = world.admit(secret, Role::Viewer, true);
  REQUIRE(caller);
  CHECK(caller->via == Via::Cookie);
  CHECK(world.guard.still(*caller, Role::Viewer, Authentication::Required));
  world.clock.advance(60s);
  CHECK_FALSE(world.guard.still(*caller, Role::Viewer, Authentication::Required));
  const auto late = world.admit(secret, Role::Viewer);
  REQUIRE_FALSE(late);
  CHECK(late.error().sentence == "the token viewer has expired");
  CHECK(late.error().challenge ==
        "Bearer realm=\"atoll\", error=\"invalid_token\", error_description=\"the token viewer has "
        "expired\"");
  const std::string admin = world.token(Role::Admin);
  REQUIRE(world.guard.tokens().remove("admin"));
  CHECK(world.admit(admin, Role::Viewer).error().status == 401);
}

TEST_CASE("guard: wrong tokens are reported once and limited, right ones always let in") {
  World world;
  const std::string good = world.token(Role::Viewer);
  for (uint32_t i = 0; i < 20; ++i) {
    const auto denied = world.admit("wrong", Role::Viewer);
    CHECK(denied.error().report == (i == 0));
    CHECK(denied.error().status == (i < Failures::kFree ? 401 : 429));
  }
  CHECK(world.admit(good, Role::Viewer));
  CHECK(world.admit("wrong", Role::Viewer, false, "192.0.2.9").error().status == 401);
}

TEST_CASE("guard: with authentication off everybody is an admin without a name") {
  World world;
  const auto caller = world.guard.admit({}, "127.0.0.1", Role::Admin, Authentication::Off);
  REQUIRE(caller);
  CHECK(caller->role == Role::Admin);
  CHECK(caller->token.empty());
}

}  // namespace
}  // namespace atl::control
