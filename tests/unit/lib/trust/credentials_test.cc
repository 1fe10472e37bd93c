#include "lib/trust/credentials.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

#include "lib/crypto/certificate.h"
#include "lib/trust/serial.h"
#include "tests/support/scratch_directory.h"

namespace atl::trust {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

Credentials make(const std::string& uri) {
  const auto root_key = crypto::PrivateKey::generate();
  const std::string root = crypto::make_root(root_key, {.uri = "atoll://authority",
                                                        .dns = {},
                                                        .serial = make_serial(kNow),
                                                        .not_before = kNow,
                                                        .not_after = kNow + hours{48}});
  const auto key = crypto::PrivateKey::generate();
  const auto request = crypto::read_request(crypto::make_request(key));
  auto certificate = crypto::issue(root_key, root, *request,
                                   {.uri = uri,
                                    .dns = {},
                                    .serial = make_serial(kNow),
                                    .not_before = kNow - hours{1},
                                    .not_after = kNow + hours{9}});
  REQUIRE(certificate.has_value());
  auto credentials = make_credentials(key.to_pem(), *certificate, root);
  REQUIRE(credentials.has_value());
  return *credentials;
}

mode_t mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

TEST_CASE("credentials: stored and read again, for nobody else to read") {
  const ScratchDirectory directory;
  const CredentialFiles files(directory.path());
  const auto none = load(files);
  REQUIRE(none.has_value());
  CHECK(!none->has_value());
  const Credentials made = make("atoll://pop/fra/node/0");
  REQUIRE(save(files, made).has_value());
  CHECK(mode_of(directory.path()) == 0700);
  CHECK(mode_of(files.node()) == 0600);
  const auto read = load(files);
  REQUIRE(read.has_value());
  REQUIRE(read->has_value());
  CHECK((*read)->key == made.key);
  CHECK((*read)->chain == made.chain);
  CHECK((*read)->authority == made.authority);
  CHECK((*read)->self.uri == "atoll://pop/fra/node/0");
  CHECK((*read)->self.issued == kNow);
}

TEST_CASE("credentials: a renewal is due after two thirds of the life since they were issued") {
  Caller self = make("atoll://origin/a").self;
  CHECK(renewal_of(self) == kNow + hours{6});
  // A number from after the control plane's clock was put back: by the days of the certificate.
  self.issued = self.not_after + hours{1};
  CHECK(renewal_of(self) == kNow - hours{1} + std::chrono::minutes{400});
}

TEST_CASE("credentials: files that do not belong together are an error that names the file") {
  const ScratchDirectory directory;
  const CredentialFiles files(directory.path());
  REQUIRE(save(files, make("atoll://origin/a")).has_value());
  const Credentials other = make("atoll://origin/a");
  directory.write("authority.pem", other.authority);
  const auto read = load(files);
  REQUIRE(!read.has_value());
  CHECK(read.error() == files.node() + ": the certificate was not signed by this authority");
  directory.write("node.pem", "-");
  CHECK(!load(files).has_value());
}

TEST_CASE("credentials: a certificate of nobody's is none") {
  const Credentials made = make("atoll://origin/a");
  CHECK(!to_caller(made.authority).has_value());
  CHECK(!to_caller("").has_value());
  CHECK(to_caller(made.chain)->identity == Identity{Kind::Origin, "", "a"});
}

}  // namespace
}  // namespace atl::trust
