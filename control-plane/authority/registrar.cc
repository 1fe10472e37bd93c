#include "control-plane/authority/registrar.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control-plane/authority/issue_time.h"
#include "control-plane/authority/revocation_file.h"
#include "lib/base/directory_lock.h"
#include "lib/base/log.h"

namespace atl::control {

Registrar::Registrar(std::shared_ptr<const Authority> authority, const std::string& directory,
                     std::shared_ptr<const trust::Guard> guard,
                     std::chrono::milliseconds certificate_life, const Clock& clock)
    : authority_(std::move(authority)),
      directory_(directory),
      tokens_(tokens_of(directory)),
      guard_(std::move(guard)),
      life_(certificate_life),
      clock_(clock) {}

std::expected<std::string, Registrar::Failure> Registrar::enroll(std::string_view secret,
                                                                 std::string_view identity,
                                                                 std::string_view request) {
  const auto who = trust::parse_identity(identity);
  if (!who || who->kind == trust::Kind::Control) {
    return refuse("somebody", "only edges and origins join with a token");
  }
  TokenBook::Secret bytes;
  if (secret.size() != bytes.size()) return refuse(identity, "that is no join token");
  std::copy(secret.begin(), secret.end(), bytes.begin());
  const auto checked = crypto::read_request(request);
  if (!checked) return refuse(identity, checked.error());
  const auto lock = DirectoryLock::take(directory_);
  if (!lock) return stumble(lock.error());
  const WallTime now = clock_.wall();
  if (const char* wrong = tokens_.redeem(bytes, *who, checked->key_digest, now)) {
    return refuse(identity, wrong);
  }
  auto certificate = sign(*who, *checked, now);
  if (certificate) log_info("authority: {} joined", identity);
  return certificate;
}

// Under the lock, and with the list as it is on the disk: somebody who is being revoked at this
// very moment would get a certificate that begins after the revocation, and be free of it.
std::expected<std::string, Registrar::Failure> Registrar::renew(const trust::Caller& caller,
                                                                std::string_view request) {
  const auto checked = crypto::read_request(request);
  if (!checked) return refuse(caller.uri, checked.error());
  const auto lock = DirectoryLock::take(directory_);
  if (!lock) return stumble(lock.error());
  const auto revoked = read_revocations(directory_);
  if (!revoked) return stumble(revoked.error());
  if (trust::is_revoked(*revoked, caller.uri, caller.issued)) {
    return refuse(caller.uri, "its certificate was revoked");
  }
  auto certificate = sign(caller.identity, *checked, clock_.wall());
  if (certificate) log_info("authority: {} has a new certificate", caller.uri);
  return certificate;
}

std::expected<std::string, Registrar::Failure> Registrar::sign(
    const trust::Identity& identity, const crypto::CertificateRequest& request, WallTime now) {
  const auto issued = next_issue_time(directory_, now);
  if (!issued) return stumble(issued.error());
  auto certificate =
      authority_->issue(identity, request, {.now = now, .issued = *issued, .life = life_});
  if (!certificate) return stumble(certificate.error());
  return *std::move(certificate);
}

std::unexpected<Registrar::Failure> Registrar::refuse(std::string_view who, std::string_view why) {
  refusals_.log(fmt::format("authority: {} gets no certificate: {}", who, why), clock_.mono());
  return std::unexpected(Failure{.passing = false, .why = std::string(why)});
}

// What it is in detail is not for strangers.
std::unexpected<Registrar::Failure> Registrar::stumble(std::string_view trouble) {
  refusals_.log(fmt::format("authority: no certificates can be issued: {}", trouble),
                clock_.mono());
  return std::unexpected(
      Failure{.passing = true, .why = "the control plane cannot issue certificates now"});
}

}  // namespace atl::control
