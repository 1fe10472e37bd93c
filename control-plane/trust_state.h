#pragma once

#include <expected>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control-plane/authority/authority.h"
#include "control-plane/authority/registrar.h"
#include "control-plane/config/config.h"
#include "lib/base/clock.h"
#include "lib/trust/credentials.h"
#include "lib/trust/guard.h"

namespace atl::control {

// Where the authority lives in the state directory.
std::string authority_directory(const Fixed& fixed);

// The authority of a running control plane: its own certificate, kept good, and who is revoked, as
// the files say. Loop thread.
class TrustState {
 public:
  // Makes what is missing. The error is a sentence. `clock` outlives it.
  static std::expected<std::unique_ptr<TrustState>, std::string> open(const Config& config,
                                                                      const Clock& clock);

  const trust::CredentialFiles& files() const { return files_; }
  const std::shared_ptr<Registrar>& registrar() const { return registrar_; }

  // Every half second or so. `pops`: those configured now; nodes of others that were are revoked.
  // True: somebody was revoked, streams are to be looked at.
  bool tick(const std::vector<PopConfig>& pops);

 private:
  TrustState(const Fixed& fixed, std::shared_ptr<const Authority> authority, const Clock& clock);
  std::expected<void, std::string> renew();
  std::expected<void, std::string> follow(const std::vector<PopConfig>& pops);
  std::expected<bool, std::string> read_revoked();  // whether anything is new

  const TrustConfig config_;
  const Clock& clock_;
  const trust::CredentialFiles files_;
  const std::shared_ptr<const Authority> authority_;
  const std::shared_ptr<trust::Guard> guard_;
  const std::shared_ptr<Registrar> registrar_;
  std::set<std::string> pops_;  // as last followed
  WallTime renewal_{};
  std::string last_trouble_;  // as last logged
};

}  // namespace atl::control
