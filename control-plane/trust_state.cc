#include "control-plane/trust_state.h"

#include <utility>

#include "control-plane/authority/known_pops.h"
#include "control-plane/authority/revocation_file.h"
#include "lib/base/log.h"
#include "lib/crypto/digest.h"

namespace atl::control {
namespace {

std::set<std::string> names_of(const std::vector<PopConfig>& pops) {
  std::set<std::string> names;
  for (const PopConfig& pop : pops) names.insert(pop.id);
  return names;
}

}  // namespace

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

std::expected<std::unique_ptr<TrustState>, std::string> TrustState::open(const Config& config,
                                                                         const Clock& clock) {
  auto authority = Authority::open(authority_directory(config.fixed), clock.wall());
  if (!authority) return std::unexpected(authority.error());
  std::unique_ptr<TrustState> state(new TrustState(config.fixed, *std::move(authority), clock));
  log_info("authority {}", crypto::to_hex(state->authority_->fingerprint()));
  if (auto done = state->follow(config.pops); !done) return std::unexpected(done.error());
  // A list that cannot be read must not become one with nobody on it.
  if (auto done = state->read_revoked(); !done) return std::unexpected(done.error());
  if (auto done = state->renew(); !done) return std::unexpected(done.error());
  return state;
}

std::expected<void, std::string> TrustState::renew() {
  const auto own = authority_->issue_own(config_.name, config_.certificate_life, clock_.wall());
  if (!own) return std::unexpected(own.error());
  if (auto saved = trust::save(files_, *own); !saved) return saved;
  renewal_ = trust::renewal_of(own->self);
  return {};
}

std::expected<void, std::string> TrustState::follow(const std::vector<PopConfig>& pops) {
  std::set<std::string> names = names_of(pops);
  if (names == pops_) return {};
  const auto removed = revoke_removed_pops(files_.directory, names, clock_.wall());
  if (!removed) return std::unexpected(removed.error());
  pops_ = std::move(names);
  for (const std::string& pop : *removed) {
    log_warn(
        "PoP {} is no longer configured: the certificates of its nodes are revoked, and only new "
        "tokens bring them back",
        pop);
  }
  return {};
}

std::expected<bool, std::string> TrustState::read_revoked() {
  auto revoked = read_revocations(files_.directory);
  if (!revoked) return std::unexpected(revoked.error());
  return guard_->replace(*std::move(revoked));
}

bool TrustState::tick(const std::vector<PopConfig>& pops) {
  std::string trouble;
  if (clock_.wall() >= renewal_) {
    if (auto done = renew(); !done) trouble = "own certificate: " + done.error();
  }
  if (auto done = follow(pops); !done) trouble = done.error();
  const auto changed = read_revoked();
  if (!changed) trouble = changed.error() + "; whom it named before is refused as before";
  if (!trouble.empty() && trouble != last_trouble_) log_error("{}", trouble);
  last_trouble_ = std::move(trouble);
  return changed.value_or(false);
}

}  // namespace atl::control
