#include "control-plane/authority/token_book.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "lib/crypto/digest.h"
#include "tests/support/scratch_directory.h"

namespace atl::control {
namespace {

using std::chrono::hours;

const trust::Identity kEdge{trust::Kind::Edge, "fra", "0"};
const trust::Identity kSibling{trust::Kind::Edge, "fra", "1"};

struct Desk {
  ScratchDirectory scratch;
  ManualClock clock;
  TokenBook book{scratch.file("tokens")};
  TokenBook::Secret token = book.make(kEdge, hours{1}, clock.wall()).value();
  const crypto::Digest first = crypto::sha256("first key");
  const crypto::Digest second = crypto::sha256("second key");

  std::string redeem(const crypto::Digest& key, const trust::Identity& who = kEdge) {
    const char* wrong = book.redeem(token, who, key, clock.wall());
    return wrong == nullptr ? "" : wrong;
  }
};

TEST_CASE("token: good once, for whom it was made") {
  Desk desk;
  CHECK(desk.redeem(desk.first, kSibling) ==
        "the join token was made for another node or kind of program");
  CHECK(desk.redeem(desk.first) == "");
  CHECK(desk.redeem(desk.second) == "the join token was used already");
}

TEST_CASE("token: the key that used it may ask again, while it lasts") {
  Desk desk;
  CHECK(desk.redeem(desk.first) == "");
  CHECK(desk.redeem(desk.first) == "");
  desk.clock.advance(hours{1});
  CHECK(desk.redeem(desk.first) == "the join token has expired");
}

TEST_CASE("token: it expires, and is unknown at last") {
  Desk desk;
  desk.clock.advance(hours{1});
  CHECK(desk.redeem(desk.first) == "the join token has expired");
  desk.clock.advance(std::chrono::days{8});
  REQUIRE(desk.book.make(kSibling, hours{1}, desk.clock.wall()).has_value());
  CHECK(desk.redeem(desk.first) ==
        "the join token is unknown: it was not made here, or it expired long ago");
}

TEST_CASE("token: a restart changes nothing, and the secret is written nowhere") {
  Desk desk;
  CHECK(desk.redeem(desk.first) == "");
  TokenBook again(desk.scratch.file("tokens"));
  CHECK(std::string(again.redeem(desk.token, kEdge, desk.second, desk.clock.wall())) ==
        "the join token was used already");
  const std::string secret(reinterpret_cast<const char*>(desk.token.data()), desk.token.size());
  const std::string hex = crypto::to_hex(desk.token);
  for (const auto& file : std::filesystem::directory_iterator(desk.scratch.file("tokens"))) {
    const std::string name = file.path().filename().string();
    CHECK(name.find(hex) == std::string::npos);
    const std::string text = desk.scratch.read("tokens/" + name);
    CHECK(text.find(secret) == std::string::npos);
    CHECK(text.find(hex) == std::string::npos);
  }
}

TEST_CASE("token: of many who show it at once, one gets in") {
  Desk desk;
  std::vector<std::string> answers(8);
  {
    std::vector<std::jthread> crowd;
    for (size_t i = 0; i < answers.size(); ++i) {
      crowd.emplace_back([&, i] { answers[i] = desk.redeem(crypto::sha256(std::to_string(i))); });
    }
  }
  CHECK(std::ranges::count(answers, "") == 1);
  CHECK(std::ranges::count(answers, "the join token was used already") == 7);
}

}  // namespace
}  // namespace atl::control
