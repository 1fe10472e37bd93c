#include "control-plane/trust_state.h"

#include <utility>

#include "control-plane/authority/revocation_file.h"
#include "lib/base/log.h"
#include "lib/crypto/digest.h"

namespace atl::control {

std::string authority_directory(const Fixed& fixed) { return fixed.state_dir + "/authority"; }

TrustState::TrustState(const Fixed& fixed, std::shared_ptr<const Authority> authority,
                       const Clock& clock)
    : config_(fixed.trust),
      clock_(clock),
      files_(authority_directory(fixed)),
      authority_(std::move(authority)),
      guard_(std::make_shared<trust::Guard>()),
      registrar_(std::make_shared<Registrar>(authority_, files_.directory, guard_,
                                             config_.certificate_life, clock)) {}

std::expected<std::unique_ptr<TrustState>, std::string> TrustState::open(const Fixed& fixed,
                                                                         const Clock& clock) {
  auto authority = Authority::open(authority_directory(fixed), clock.wall());
  if (!authority) return std::unexpected(authority.error());
  std::unique_ptr<TrustState> state(new TrustState(fixed, *std::move(authority), clock));
  log_info("authority {}", crypto::to_hex(state->authority_->fingerprint()));
  // A list that cannot be read must not become one with nobody on it.
  auto revoked = read_revocations(state->files_.directory);
  if (!revoked) return std::unexpected(revoked.error());
  state->guard_->replace(*std::move(revoked));
  if (auto renewed = state->renew(); !renewed) return std::unexpected(renewed.error());
  return state;
}

std::expected<void, std::string> TrustState::renew() {
  const auto own = authority_->issue_own(config_.name, config_.certificate_life, clock_.wall());
  if (!own) return std::unexpected(own.error());
  if (auto saved = trust::save(files_, *own); !saved) return saved;
  renewal_ = trust::renewal_of(own->self);
  return {};
}

bool TrustState::read_revoked() {
  auto revoked = read_revocations(files_.directory);
  if (revoked) return guard_->replace(*std::move(revoked));
  if (revoked.error() != last_trouble_) log_error("{}; as it was", revoked.error());
  last_trouble_ = revoked.error();
  return false;
}

bool TrustState::tick() {
  if (clock_.wall() >= renewal_) {
    if (auto renewed = renew(); !renewed) {
      if (renewed.error() != last_trouble_) log_error("own certificate: {}", renewed.error());
      last_trouble_ = renewed.error();
    }
  }
  return read_revoked();
}

}  // namespace atl::control
