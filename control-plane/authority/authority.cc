#include "control-plane/authority/authority.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/directory_lock.h"
#include "lib/base/durable_file.h"
#include "lib/trust/control_name.h"
#include "lib/trust/serial.h"

namespace atl::control {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLargestFile = 64 * 1024;
constexpr milliseconds kRootLife = std::chrono::days{10 * 365};
// A node whose clock is behind by less takes a new certificate all the same.
constexpr milliseconds kBackdated = std::chrono::minutes{5};
constexpr const char* kRootName = "atoll://authority";

// Key, then certificate.
std::expected<std::string, std::string> read_or_make(const std::string& directory, WallTime now) {
  const auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  const std::string path = directory + "/root.pem";
  auto bytes = read_file(path, kLargestFile);
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes) return **std::move(bytes);
  const auto key = crypto::PrivateKey::generate();
  std::string made = key.to_pem() + crypto::make_root(key, {.uri = kRootName,
                                                            .dns = {},
                                                            .serial = trust::make_serial(now),
                                                            .not_before = now - kBackdated,
                                                            .not_after = now + kRootLife});
  const auto saved = replace_file(path, made, FileAccess::Owner);
  if (!saved) return std::unexpected(saved.error());
  return made;
}

}  // namespace

Authority::Authority(crypto::PrivateKey key, std::string certificate,
                     const crypto::CertificateInfo& info)
    : key_(std::move(key)),
      certificate_(std::move(certificate)),
      fingerprint_(info.fingerprint),
      not_after_(info.not_after) {}

std::expected<std::shared_ptr<const Authority>, std::string> Authority::open(
    const std::string& directory, WallTime now) {
  const auto pem = read_or_make(directory, now);
  if (!pem) return std::unexpected(pem.error());
  const auto fail = [&](std::string_view why) {
    return std::unexpected(fmt::format("{}/root.pem: {}", directory, why));
  };
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key) return fail(key.error());
  const auto info = crypto::read_certificate(*pem);
  if (!info) return fail(info.error());
  std::string certificate = crypto::find_certificate(*pem, info->fingerprint);
  if (const char* wrong = crypto::find_mismatch(certificate, *key, certificate)) return fail(wrong);
  if (info->not_after <= now) return fail("the authority's own certificate has expired");
  return std::shared_ptr<const Authority>(
      new Authority(*std::move(key), std::move(certificate), *info));
}

std::expected<std::string, const char*> Authority::issue(const trust::Identity& identity,
                                                         const crypto::CertificateRequest& request,
                                                         const Term& term) const {
  if (term.now >= not_after_) return std::unexpected("the authority's own certificate has expired");
  return crypto::issue(key_, certificate_, request,
                       {.uri = trust::to_uri(identity),
                        .dns = identity.kind == trust::Kind::Control ? trust::kControlName : "",
                        .serial = trust::make_serial(term.issued),
                        .not_before = term.now - kBackdated,
                        .not_after = std::min(term.now + term.life, not_after_)});
}

std::expected<trust::Credentials, std::string> Authority::issue_own(const std::string& name,
                                                                    milliseconds life,
                                                                    WallTime now) const {
  const auto key = crypto::PrivateKey::generate();
  const auto request = crypto::read_request(crypto::make_request(key));
  if (!request) return std::unexpected(request.error());
  auto certificate = issue({.kind = trust::Kind::Control, .pop = {}, .name = name}, *request,
                           {.now = now, .issued = now, .life = life});
  if (!certificate) return std::unexpected(certificate.error());
  return trust::make_credentials(key.to_pem(), *std::move(certificate), certificate_);
}

}  // namespace atl::control
