#include "lib/crypto/certificate.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::crypto {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

CertificateSpec spec_for(const std::string& uri, uint8_t serial) {
  return {.uri = uri,
          .dns = {},
          .serial = {0, serial},
          .not_before = kNow,
          .not_after = kNow + hours{24}};
}

struct Family {
  PrivateKey root_key = PrivateKey::generate();
  std::string root = make_root(root_key, spec_for("atoll://authority", 1));
  PrivateKey key = PrivateKey::generate();

  std::string child(const CertificateSpec& spec) const {
    const auto request = read_request(make_request(key));
    REQUIRE(request.has_value());
    const auto certificate = issue(root_key, root, *request, spec);
    REQUIRE(certificate.has_value());
    return *certificate;
  }
};

TEST_CASE("certificates: what was put in is read back") {
  const Family family;
  CertificateSpec spec = spec_for("atoll://pop/fra/node/0", 200);
  spec.dns = "control.atoll";
  const auto info = read_certificate(family.child(spec));
  REQUIRE(info.has_value());
  CHECK(info->uri == spec.uri);
  CHECK(info->serial == spec.serial);
  CHECK(info->not_before == spec.not_before);
  CHECK(info->not_after == spec.not_after);
}

TEST_CASE("certificates: a name is one name, whatever is in it") {
  const Family family;
  const CertificateSpec spec = spec_for("atoll://pop/fra,URI:atoll://control/main", 3);
  CHECK(read_certificate(family.child(spec))->uri == spec.uri);
}

TEST_CASE("certificates: key, certificate and authority belong together, or it is said what not") {
  const Family family;
  const Family strangers;
  const std::string ours = family.child(spec_for("atoll://origin/a", 4));
  CHECK(find_mismatch(ours, family.key, family.root) == nullptr);
  CHECK(std::string(find_mismatch(ours, strangers.key, family.root)) ==
        "the certificate is not of this key");
  CHECK(std::string(find_mismatch(ours, family.key, strangers.root)) ==
        "the certificate was not signed by this authority");
  CHECK(std::string(find_mismatch("nothing", family.key, family.root)) ==
        "no certificate in PEM format");
  // Who signed decides, not who is named as the issuer: both authorities have one name.
  const std::string theirs = strangers.child(spec_for("atoll://origin/a", 4));
  CHECK(find_mismatch(theirs, strangers.key, family.root) != nullptr);
}

TEST_CASE("certificates: one is found among several by its fingerprint") {
  const Family family;
  const std::string leaf = family.child(spec_for("atoll://origin/a", 5));
  const Digest wanted = read_certificate(family.root)->fingerprint;
  CHECK(find_certificate(leaf + family.root, wanted) == family.root);
  CHECK(find_certificate(leaf, wanted).empty());
  CHECK(find_certificate("", wanted).empty());
}

TEST_CASE("certificates: damaged ones are errors") {
  const Family family;
  const std::string pem = family.child(spec_for("atoll://origin/a", 6));
  CHECK(!read_certificate("").has_value());
  CHECK(!read_certificate(pem.substr(0, pem.size() / 2)).has_value());
}

TEST_CASE("requests: only a P-256 key's own signature makes one") {
  const PrivateKey key = PrivateKey::generate();
  const std::string request = make_request(key);
  const auto read = read_request(request);
  REQUIRE(read.has_value());
  CHECK(read->key_digest == read_request(make_request(key))->key_digest);
  CHECK(read->key_digest != read_request(make_request(PrivateKey::generate()))->key_digest);
  std::string forged = request;
  forged.back() = static_cast<char>(forged.back() ^ 1);
  CHECK(!read_request(forged).has_value());
  CHECK(!read_request(request + "x").has_value());
  CHECK(!read_request(request.substr(0, request.size() - 1)).has_value());
  CHECK(!read_request("").has_value());
  CHECK(std::string(read_request(std::string(kLargestRequest + 1, '0')).error()) ==
        "the request is too long");
}

TEST_CASE("keys: text and back") {
  const PrivateKey key = PrivateKey::generate();
  const auto again = PrivateKey::from_pem(key.to_pem());
  REQUIRE(again.has_value());
  CHECK(again->to_pem() == key.to_pem());
  CHECK(!PrivateKey::from_pem("").has_value());
  // RFC 8410 section 10.3: Ed25519, which is none of ours.
  const auto other = PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n");
  REQUIRE(!other.has_value());
  CHECK(std::string(other.error()) == "the private key is not on the curve P-256");
}

}  // namespace
}  // namespace atl::crypto
