#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "control-plane/authority/authority.h"
#include "control-plane/authority/token_book.h"
#include "lib/base/clock.h"
#include "lib/trust/guard.h"

namespace atl::control {

// Who gets a certificate: the rules of proto/authority.proto. Errors are sentences without an end;
// nothing has changed then. Any thread; may wait for the disk.
class Registrar {
 public:
  // `directory`: the authority's. `guard`: what is told to nodes as revoked. `clock` outlives it.
  Registrar(std::shared_ptr<const Authority> authority, const std::string& directory,
            std::shared_ptr<const trust::Guard> guard, std::chrono::milliseconds certificate_life,
            const Clock& clock);

  // For a join token's secret. `identity`: who the caller says it is. Any bytes. PEM.
  std::expected<std::string, std::string> enroll(std::string_view secret, std::string_view identity,
                                                 std::string_view request);

  // For whoever has one already. Any bytes. PEM.
  std::expected<std::string, std::string> renew(const trust::Caller& caller,
                                                std::string_view request);

  const std::shared_ptr<const trust::Guard>& shared_guard() const { return guard_; }

 private:
  std::expected<std::string, std::string> sign(const trust::Identity& identity,
                                               const crypto::CertificateRequest& request);
  std::unexpected<std::string> refuse(std::string_view who, std::string_view why);

  const std::shared_ptr<const Authority> authority_;
  TokenBook tokens_;
  const std::shared_ptr<const trust::Guard> guard_;
  const std::chrono::milliseconds life_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string last_refusal_;  // as last logged
};

// Where the authority's directory has its tokens.
std::string tokens_of(const std::string& directory);

}  // namespace atl::control
