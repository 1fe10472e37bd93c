#include "control-plane/authority/revocation_file.h"

#include <fmt/format.h>

#include "control-plane/authority/issue_time.h"
#include "control-plane/authority/token_book.h"
#include "lib/base/directory_lock.h"
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

std::expected<void, std::string> revoke(const std::string& directory, std::string_view uri,
                                        WallTime now) {
  const auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  auto list = read_revocations(directory);
  if (!list) return std::unexpected(list.error());
  // Tokens first: one that was used up could get its holder a certificate from after the
  // revocation.
  if (auto done = TokenBook(tokens_of(directory)).make_void(uri); !done) return done;
  const auto until = next_issue_time(directory, now);
  if (!until) return std::unexpected(until.error());
  trust::revoke(*list, uri, *until);
  return replace_file(trust::CredentialFiles(directory).revocations(), trust::to_text(*list),
                      FileAccess::Owner);
}

}  // namespace atl::control
