#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "control-plane/authority/authority.h"
#include "control-plane/authority/token_book.h"
#include "lib/base/clock.h"
#include "lib/trust/guard.h"
#include "lib/trust/refusals.h"

namespace atl::control {

// Who gets a certificate: the rules of proto/authority.proto. After a failure nothing has changed.
// Any thread; may wait for the disk.
class Registrar {
 public:
  struct Failure {
    bool passing;     // our own trouble, not a refusal: asking again may help
    std::string why;  // a sentence without an end
  };

  // `directory`: the authority's. `guard`: what is told to nodes as revoked. `clock` outlives it.
  Registrar(std::shared_ptr<const Authority> authority, const std::string& directory,
            std::shared_ptr<const trust::Guard> guard, std::chrono::milliseconds certificate_life,
            const Clock& clock);

  // For a join token's secret. `identity`: who the caller says it is. Any bytes. PEM.
  std::expected<std::string, Failure> enroll(std::string_view secret, std::string_view identity,
                                             std::string_view request);

  // For whoever has one already; who was revoked is read from the disk. Any bytes. PEM.
  std::expected<std::string, Failure> renew(const trust::Caller& caller, std::string_view request);

  const std::shared_ptr<const trust::Guard>& shared_guard() const { return guard_; }

 private:
  // The authority's lock is held.
  std::expected<std::string, Failure> sign(const trust::Identity& identity,
                                           const crypto::CertificateRequest& request, WallTime now);
  std::unexpected<Failure> refuse(std::string_view who, std::string_view why);
  std::unexpected<Failure> stumble(std::string_view trouble);

  const std::shared_ptr<const Authority> authority_;
  const std::string directory_;
  TokenBook tokens_;
  const std::shared_ptr<const trust::Guard> guard_;
  const std::chrono::milliseconds life_;
  const Clock& clock_;
  trust::Refusals refusals_;
};

}  // namespace atl::control
