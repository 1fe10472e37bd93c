#include "control-plane/access/token_store.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/scratch_directory.h"

namespace atl::control {
namespace {

using namespace std::chrono_literals;
using Kind = TokenProblem::Kind;

TokenStore open(const ScratchDirectory& scratch) {
  auto store = TokenStore::open(scratch.file("tokens"));
  REQUIRE(store);
  return *std::move(store);
}

TEST_CASE("token store: what is made is found, by its text only, and is there after a restart") {
  const ScratchDirectory scratch;
  TokenStore store = open(scratch);
  const auto made = store.create("ops", Role::Operator, 60s, 1000);
  REQUIRE(made);
  CHECK(store.create("root", Role::Admin, std::nullopt, 1000));
  CHECK(scratch.read("tokens").find(made->secret) == std::string::npos);
  TokenStore again = open(scratch);
  const Token* found = again.find(made->secret);
  REQUIRE(found != nullptr);
  CHECK(found->name == "ops");
  CHECK(found->role == Role::Operator);
  CHECK(found->expires_s == 1060);
  CHECK_FALSE(expired(*found, 1059));
  CHECK(expired(*found, 1060));
  for (const std::string& wrong : {std::string(), made->secret + "0", made->secret.substr(1)}) {
    CHECK(again.find(wrong) == nullptr);
  }
}

TEST_CASE("token store: what cannot be is refused with its reason, and nothing changes") {
  const ScratchDirectory scratch;
  TokenStore store = open(scratch);
  REQUIRE(store.create("a", Role::Viewer, std::nullopt, 1));
  CHECK(store.create("a", Role::Viewer, std::nullopt, 1).error().kind == Kind::Exists);
  CHECK(store.create("a b", Role::Viewer, std::nullopt, 1).error().kind == Kind::Invalid);
  CHECK(store.create("b", Role::Viewer, 0s, 1).error().kind == Kind::Invalid);
  CHECK(store.remove("b").error().kind == Kind::Absent);
  CHECK(store.tokens().size() == 1);
}

TEST_CASE("token store: two processes see each other's changes and lose none") {
  const ScratchDirectory scratch;
  TokenStore service = open(scratch);
  TokenStore command = open(scratch);
  const auto first = command.create("first", Role::Admin, std::nullopt, 1);
  REQUIRE(first);
  CHECK(service.find(first->secret) != nullptr);
  REQUIRE(service.create("second", Role::Viewer, std::nullopt, 1));
  REQUIRE(command.remove("first"));
  CHECK(service.find(first->secret) == nullptr);
  CHECK_FALSE(service.lives("first", 1));
  CHECK(service.lives("second", 1));
  CHECK(command.tokens().size() == 1);
}

TEST_CASE("token store: when a token was last used is written at most once a minute") {
  const ScratchDirectory scratch;
  TokenStore store = open(scratch);
  const auto made = store.create("a", Role::Viewer, std::nullopt, 1);
  REQUIRE(made);
  store.used(*store.find(made->secret), 100);
  CHECK(store.tokens().front().last_used_s == 100);
  CHECK(open(scratch).tokens().front().last_used_s == 0);
  CHECK(store.flush(100));
  CHECK(open(scratch).tokens().front().last_used_s == 100);
  store.used(*store.find(made->secret), 110);
  CHECK(store.flush(110));
  CHECK(open(scratch).tokens().front().last_used_s == 100);
  // Another process changes the file meanwhile: neither is lost.
  TokenStore other = open(scratch);
  REQUIRE(other.create("b", Role::Viewer, std::nullopt, 1));
  CHECK(store.flush(160));
  CHECK(open(scratch).tokens().front().last_used_s == 110);
  CHECK(open(scratch).tokens().size() == 2);
  store.used(*store.find(made->secret), 170);
  CHECK(store.flush(170, true));
  CHECK(open(scratch).tokens().front().last_used_s == 170);
}

TEST_CASE("token store: a damaged file opens nothing, and changes nothing while in use") {
  const ScratchDirectory scratch;
  TokenStore store = open(scratch);
  const auto made = store.create("a", Role::Viewer, std::nullopt, 1);
  REQUIRE(made);
  const std::string good = scratch.read("tokens");
  scratch.write("tokens", good + "x");
  const auto damaged = TokenStore::open(scratch.file("tokens"));
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().find("damaged") != std::string::npos);
  CHECK(store.find(made->secret) != nullptr);  // read before
  CHECK(store.create("b", Role::Viewer, std::nullopt, 1).error().kind == Kind::Failed);
  CHECK(scratch.read("tokens") == good + "x");
}

}  // namespace
}  // namespace atl::control
