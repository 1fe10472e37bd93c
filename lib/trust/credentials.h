#pragma once

#include <expected>
#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/trust/guard.h"

namespace atl::trust {

// What a program shows to others, and by what it knows them. All text is PEM.
struct Credentials {
  std::string key;        // a secret
  std::string chain;      // its own certificate, then the authority's
  std::string authority;  // the authority's: what everybody else's is signed by
  Caller self;            // as others see it
};

// When a new certificate is asked for: after two thirds of the life of this one.
WallTime renewal_of(const Caller& self);

// An error, if key, certificate and authority do not belong together. Times are not looked at.
std::expected<Credentials, std::string> make_credentials(std::string key, std::string certificate,
                                                         std::string authority);

// Where they are kept: a directory that only this program reads. gRPC watches the same files.
struct CredentialFiles {
  explicit CredentialFiles(std::string in) : directory(std::move(in)) {}
  std::string directory;
  // Key and chain in one file, so that it always holds a pair that belongs together.
  std::string node() const { return directory + "/node.pem"; }
  std::string authority() const { return directory + "/authority.pem"; }
  std::string revocations() const { return directory + "/revoked"; }
};

// Nothing when the directory has none. The error is a sentence.
std::expected<std::optional<Credentials>, std::string> load(const CredentialFiles& files);
// Durable before it returns; files of mode 0600 in a directory of mode 0700, which is made unless
// it is there. The error is a sentence.
std::expected<void, std::string> save(const CredentialFiles& files, const Credentials& credentials);

}  // namespace atl::trust
