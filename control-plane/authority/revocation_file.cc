#include "control-plane/authority/revocation_file.h"

#include <fmt/format.h>

#include "control-plane/authority/directory_lock.h"
#include "lib/base/durable_file.h"
#include "lib/trust/credentials.h"

namespace atl::control {
namespace {

constexpr size_t kLargestFile = 16 * 1024 * 1024;

}  // namespace

std::expected<trust::Revocations, std::string> read_revocations(const std::string& directory) {
  const std::string path = trust::CredentialFiles(directory).revocations();
  const auto text = read_file(path, kLargestFile);
  if (!text) return std::unexpected(text.error());
  if (!*text) return trust::Revocations();
  auto list = trust::parse_revocations(**text);
  if (!list) return std::unexpected(fmt::format("{}: {}", path, list.error()));
  return *std::move(list);
}

std::expected<void, std::string> revoke_identity(const std::string& directory,
                                                 const trust::Identity& identity, WallTime now) {
  const auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  auto list = read_revocations(directory);
  if (!list) return std::unexpected(list.error());
  trust::revoke(*list, trust::to_uri(identity), now);
  return replace_file(trust::CredentialFiles(directory).revocations(), trust::to_text(*list),
                      FileAccess::Owner);
}

}  // namespace atl::control
