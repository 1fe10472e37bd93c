#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "lib/base/clock.h"
#include "lib/crypto/certificate.h"
#include "lib/crypto/private_key.h"
#include "lib/trust/credentials.h"
#include "lib/trust/identity.h"

namespace atl::control {

// Signs the certificates by which the programs of one CDN know one another (docs/trust.md). Its key
// is made at the first opening and never leaves its directory. Immutable; any thread.
class Authority {
 public:
  // `directory`: of the control plane's state; kept from everybody else. Blocks. The error is a
  // sentence.
  static std::expected<std::shared_ptr<const Authority>, std::string> open(
      const std::string& directory, WallTime now);

  const std::string& certificate() const { return certificate_; }  // PEM
  // What tokens carry.
  const crypto::Digest& fingerprint() const { return fingerprint_; }

  struct Term {
    WallTime now;
    WallTime issued;  // for its serial number: next_issue_time()
    std::chrono::milliseconds life;
  };
  // A certificate, PEM. It begins a little before `now`, for clocks that go after this one, and
  // never outlives the authority's own. The error is a sentence without an end.
  std::expected<std::string, const char*> issue(const trust::Identity& identity,
                                                const crypto::CertificateRequest& request,
                                                const Term& term) const;

  // A new key and a certificate for the control plane itself, which cannot be revoked.
  std::expected<trust::Credentials, std::string> issue_own(const std::string& name,
                                                           std::chrono::milliseconds life,
                                                           WallTime now) const;

 private:
  Authority(crypto::PrivateKey key, std::string certificate, const crypto::CertificateInfo& info);

  const crypto::PrivateKey key_;
  const std::string certificate_;
  const crypto::Digest fingerprint_;
  const WallTime not_after_;
};

}  // namespace atl::control
