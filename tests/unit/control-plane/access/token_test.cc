#include "control-plane/access/token.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::control {
namespace {

std::vector<Token> two() {
  return {{"ops", Role::Operator, crypto::sha256("a"), 100, 200, 150},
          {"root", Role::Admin, crypto::sha256("b"), 100, 0, 0}};
}

TEST_CASE("token: a file of tokens is read back as it was") {
  CHECK(parse_tokens(format_tokens({})) == std::vector<Token>{});
  CHECK(parse_tokens(format_tokens(two())) == two());
  CHECK(format_tokens(two()).find(crypto::to_hex(crypto::sha256("a"))) != std::string::npos);
}

TEST_CASE("token: no changed byte of a file goes unnoticed") {
  const std::string good = format_tokens(two());
  for (size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(parse_tokens(bad));
    CHECK_FALSE(parse_tokens(good.substr(0, i)));
  }
  CHECK_FALSE(parse_tokens(good + "\n"));
}

TEST_CASE("token: a file with a name, a secret or a token too many is refused") {
  std::vector<Token> twice = two();
  twice[1].name = "ops";
  CHECK(parse_tokens(format_tokens(twice)).error() == "line 3 is one token too many");
  twice = two();
  twice[1].digest = twice[0].digest;
  CHECK_FALSE(parse_tokens(format_tokens(twice)));
  std::vector<Token> many;
  for (size_t i = 0; i <= kMostTokens; ++i) {
    const std::string name = "t" + std::to_string(i);
    many.push_back({name, Role::Viewer, crypto::sha256(name)});
  }
  CHECK_FALSE(parse_tokens(format_tokens(many)));
  many.pop_back();
  CHECK(parse_tokens(format_tokens(many)));
  many.back().name = "two words";
  CHECK_FALSE(parse_tokens(format_tokens(many)));
}

TEST_CASE("token: names are plain words") {
  for (const char* good : {"a", "ci-2026.11_x", "0"}) CHECK(check_token_name(good) == nullptr);
  CHECK(check_token_name(std::string(64, 'a')) == nullptr);
  for (const std::string& bad :
       {std::string(), std::string("-a"), std::string("a b"), std::string("a/b"),
        std::string("\xc3\xa4"), std::string(65, 'a')}) {
    CAPTURE(bad);
    CHECK(check_token_name(bad) != nullptr);
  }
}

TEST_CASE("token: secrets have 192 random bits") {
  const auto secret = make_secret();
  REQUIRE(secret);
  CHECK(secret->starts_with("atoll_"));
  CHECK(secret->size() == 6 + 2 * 192 / 8);
  CHECK(*secret != *make_secret());
}

}  // namespace
}  // namespace atl::control
