#include "control-plane/dns/signing_key.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

#include "control-plane/dns/name.h"
#include "tests/support/dns_message.h"
#include "tests/support/scratch_directory.h"

namespace atl::dns {
namespace {

TEST_CASE("signing key: the example of RFC 6605 section 6.1") {
  const auto key = SigningKey::parse(test::kKeyText);
  REQUIRE(key.has_value());
  const std::string zone = *parse_name("example.net");
  CHECK((*key)->dnskey(zone) ==
        "example.net. 3600 IN DNSKEY 257 3 13 "
        "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==");
  CHECK((*key)->delegation(zone) ==
        "example.net. 3600 IN DS 55648 13 2 "
        "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17");
}

TEST_CASE("signing key: what is not one is refused") {
  for (const char* text :
       {"", "Private-key-format: v1.2\n", "Private-key-format: v1.2\nAlgorithm: 13\n",
        "Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ====\n",
        "Private-key-format: v1.2\nAlgorithm: 15 (ED25519)\n"
        "PrivateKey: ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=\n",
        "hello"}) {
    CAPTURE(text);
    CHECK(!SigningKey::parse(text).has_value());
  }
}

TEST_CASE("signing key: a new file is its owner's alone, is never replaced, and is read again") {
  const ScratchDirectory directory;
  const std::string path = directory.file("zone.key");
  const auto made = SigningKey::create(path);
  REQUIRE(made.has_value());
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(!SigningKey::create(path).has_value());
  const auto again = SigningKey::open(path);
  REQUIRE(again.has_value());
  CHECK((*again)->public_data() == (*made)->public_data());
  REQUIRE(chmod(path.c_str(), 0604) == 0);
  const auto open_to_all = SigningKey::open(path);
  REQUIRE(!open_to_all.has_value());
  CHECK(open_to_all.error().find("chmod 600") != std::string::npos);
  const auto missing = SigningKey::open(path + ".none");
  REQUIRE(!missing.has_value());
  CHECK(missing.error().find("does not exist") != std::string::npos);
}

}  // namespace
}  // namespace atl::dns
