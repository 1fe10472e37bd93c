#include "lib/crypto/digest.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

#include "lib/crypto/random.h"

namespace atl::crypto {
namespace {

TEST_CASE("sha1: the examples of FIPS 180-4") {
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_CASE("sha256: the examples of FIPS 180-4") {
  struct Row {
    std::string message;
    const char* want;
  };
  for (const Row& row : {
           Row{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
           Row{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           Row{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
           Row{std::string(1'000'000, 'a'),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
       }) {
    CHECK(to_hex(sha256(row.message)) == row.want);
  }
}

TEST_CASE("digest: equal or not") {
  const Digest one = sha256("m");
  Digest other = one;
  CHECK(equal(one, other));
  other[31] ^= 1;
  CHECK_FALSE(equal(one, other));
}

TEST_CASE("digest: only 64 lower-case hexadecimal digits are one") {
  const std::string text = to_hex(sha256("m"));
  REQUIRE(digest_from_hex(text));
  CHECK(*digest_from_hex(text) == sha256("m"));
  std::string upper = text;
  upper[text.find_first_of("abcdef")] = 'A';
  for (const std::string& bad :
       {std::string(), text.substr(1), text + "0", upper, "g" + text.substr(1)}) {
    CAPTURE(bad);
    CHECK_FALSE(digest_from_hex(bad));
  }
}

TEST_CASE("digest: hexadecimal digits fill as many bytes as there are, or none") {
  std::array<uint8_t, 2> bytes{0xff, 0xff};
  REQUIRE(from_hex("01ab", bytes));
  CHECK(bytes == std::array<uint8_t, 2>{0x01, 0xab});
  CHECK(to_hex(bytes) == "01ab");
  for (const char* bad : {"", "01a", "01abc", "01AB", "01ag", "0x1a"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_hex(bad, bytes));
  }
}

TEST_CASE("random: two digits for each byte, and never the same") {
  const auto one = random_hex(24);
  REQUIRE(one);
  CHECK(one->size() == 48);
  CHECK(one->find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(*one != *random_hex(24));
}

}  // namespace
}  // namespace atl::crypto
