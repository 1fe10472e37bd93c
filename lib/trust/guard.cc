#include "lib/trust/guard.h"

#include <utility>

#include "lib/crypto/certificate.h"
#include "lib/trust/serial.h"

namespace atl::trust {

std::expected<Caller, const char*> to_caller(std::string_view pem) {
  auto info = crypto::read_certificate(pem);
  if (!info) return std::unexpected(info.error());
  auto identity = parse_identity(info->uri);
  if (!identity) return std::unexpected("the certificate names no node, origin or control plane");
  return Caller{.uri = std::move(info->uri),
                .identity = *std::move(identity),
                .issued = issued_at(info->serial),
                .not_before = info->not_before,
                .not_after = info->not_after};
}

bool Guard::replace(Revocations list) {
  auto fresh = std::make_shared<const Revocations>(std::move(list));
  const std::lock_guard lock(mutex_);
  if (*fresh == *revocations_) return false;
  revocations_ = std::move(fresh);
  return true;
}

std::shared_ptr<const Revocations> Guard::revocations() const {
  const std::lock_guard lock(mutex_);
  return revocations_;
}

const char* Guard::objection(const Caller& caller, Kinds kinds, WallTime now) const {
  if (!kinds.has(caller.identity.kind)) return "its certificate is for another kind of program";
  if (caller.not_after < now) return "its certificate has expired";
  if (is_revoked(*revocations(), caller.uri, caller.issued)) {
    return "its certificate was revoked";
  }
  return nullptr;
}

}  // namespace atl::trust
