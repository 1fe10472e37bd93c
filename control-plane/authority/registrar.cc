#include "control-plane/authority/registrar.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/log.h"

namespace atl::control {

Registrar::Registrar(std::shared_ptr<const Authority> authority, const std::string& directory,
                     std::shared_ptr<const trust::Guard> guard,
                     std::chrono::milliseconds certificate_life, const Clock& clock)
    : authority_(std::move(authority)),
      tokens_(tokens_of(directory)),
      guard_(std::move(guard)),
      life_(certificate_life),
      clock_(clock) {}

std::expected<std::string, std::string> Registrar::enroll(std::string_view secret,
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
  if (const char* wrong = tokens_.redeem(bytes, *who, checked->key_digest, clock_.wall())) {
    return refuse(identity, wrong);
  }
  auto certificate = sign(*who, *checked);
  if (certificate) log_info("authority: {} joined", identity);
  return certificate;
}

std::expected<std::string, std::string> Registrar::renew(const trust::Caller& caller,
                                                         std::string_view request) {
  const auto checked = crypto::read_request(request);
  if (!checked) return refuse(caller.uri, checked.error());
  auto certificate = sign(caller.identity, *checked);
  if (certificate) log_info("authority: {} has a new certificate", caller.uri);
  return certificate;
}

std::expected<std::string, std::string> Registrar::sign(const trust::Identity& identity,
                                                        const crypto::CertificateRequest& request) {
  auto certificate = authority_->issue(identity, request, life_, clock_.wall());
  if (!certificate) return refuse(trust::to_uri(identity), certificate.error());
  return *std::move(certificate);
}

std::unexpected<std::string> Registrar::refuse(std::string_view who, std::string_view why) {
  std::string line = fmt::format("authority: {} gets no certificate: {}", who, why);
  const std::lock_guard lock(mutex_);
  if (line != last_refusal_) {  // it may try again and again
    log_warn("{}", line);
    last_refusal_ = std::move(line);
  }
  return std::unexpected(std::string(why));
}

std::string tokens_of(const std::string& directory) { return directory + "/tokens"; }

}  // namespace atl::control
