#include "lib/trust/credentials.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/directory_lock.h"
#include "lib/base/durable_file.h"
#include "lib/crypto/certificate.h"

namespace atl::trust {
namespace {

constexpr size_t kLargestFile = 64 * 1024;

std::expected<std::optional<std::string>, std::string> read(const std::string& path) {
  return read_file(path, kLargestFile);
}

}  // namespace

WallTime renewal_of(const Caller& self) {
  // The clock of the control plane may have been put back far: see issue_time.h there.
  const WallTime begin = self.issued < self.not_after ? self.issued : self.not_before;
  return begin + (self.not_after - begin) * 2 / 3;
}

std::expected<Credentials, std::string> make_credentials(std::string key, std::string certificate,
                                                         std::string authority) {
  const auto pair = crypto::PrivateKey::from_pem(key);
  if (!pair) return std::unexpected(pair.error());
  if (const char* wrong = crypto::find_mismatch(certificate, *pair, authority)) {
    return std::unexpected(wrong);
  }
  auto self = to_caller(certificate);
  if (!self) return std::unexpected(self.error());
  return Credentials{.key = std::move(key),
                     .chain = std::move(certificate) + authority,
                     .authority = std::move(authority),
                     .self = *std::move(self)};
}

std::expected<std::optional<Credentials>, std::string> load(const CredentialFiles& files) {
  auto node = read(files.node());
  if (!node) return std::unexpected(node.error());
  if (!*node) return std::optional<Credentials>();
  auto authority = read(files.authority());
  if (!authority) return std::unexpected(authority.error());
  if (!*authority) return std::unexpected(files.authority() + " is missing");
  // Both are looked for in the whole file: key, own certificate, authority's.
  const auto key = crypto::PrivateKey::from_pem(**node);
  if (!key) return std::unexpected(fmt::format("{}: {}", files.node(), key.error()));
  const auto leaf = crypto::read_certificate(**node);
  if (!leaf) return std::unexpected(fmt::format("{}: {}", files.node(), leaf.error()));
  auto credentials = make_credentials(
      key->to_pem(), crypto::find_certificate(**node, leaf->fingerprint), std::move(**authority));
  if (!credentials) {
    return std::unexpected(fmt::format("{}: {}", files.node(), credentials.error()));
  }
  return *std::move(credentials);
}

std::expected<void, std::string> save(const CredentialFiles& files,
                                      const Credentials& credentials) {
  // The process that takes this one's place may renew at the same time.
  const auto lock = DirectoryLock::take(files.directory);
  if (!lock) return std::unexpected(lock.error());
  auto authority = replace_file(files.authority(), credentials.authority, FileAccess::Owner);
  if (!authority) return authority;
  return replace_file(files.node(), credentials.key + credentials.chain, FileAccess::Owner);
}

}  // namespace atl::trust
