#include "control-plane/authority/token_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/base/durable_file.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/random.h"
#include "lib/trust/revocations.h"

namespace atl::control {
namespace {

constexpr std::string_view kHeading = "atoll-token-1";
constexpr size_t kLargestFile = 1024;
// After it expired, so that whoever shows it hears that it has.
constexpr std::chrono::days kRemembered{7};

// A file: heading, identity, when it expires, and the digest of the key that used it, "unused" or
// "void"; a line each.
struct Entry {
  std::string identity;
  WallTime expires;
  std::string used_by;  // empty: nobody; kVoid: nobody will
};
constexpr std::string_view kVoid = "void";

std::string to_text(const Entry& entry) {
  return fmt::format("{}\n{}\n{}\n{}\n", kHeading, entry.identity,
                     entry.expires.time_since_epoch().count(),
                     entry.used_by.empty() ? "unused" : entry.used_by);
}

std::optional<Entry> parse(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.size() != 4 || !text.empty() || lines[0] != kHeading) return std::nullopt;
  int64_t expires = 0;
  const auto [end, error] =
      std::from_chars(lines[2].data(), lines[2].data() + lines[2].size(), expires);
  if (error != std::errc{} || end != lines[2].data() + lines[2].size()) return std::nullopt;
  return Entry{.identity = std::string(lines[1]),
               .expires = WallTime{std::chrono::milliseconds{expires}},
               .used_by = lines[3] == "unused" ? std::string() : std::string(lines[3])};
}

std::optional<Entry> read(const std::string& path) {
  const auto bytes = read_file(path, kLargestFile);
  return bytes && *bytes ? parse(**bytes) : std::nullopt;
}

}  // namespace

std::string TokenBook::path_of(const Secret& secret) const {
  const std::string_view bytes(reinterpret_cast<const char*>(secret.data()), secret.size());
  return fmt::format("{}/{}", directory_, crypto::to_hex(crypto::sha256(bytes)));
}

std::expected<TokenBook::Secret, std::string> TokenBook::make(const trust::Identity& whose,
                                                              std::chrono::milliseconds life,
                                                              WallTime now) {
  if (auto made = make_directory(directory_); !made) return std::unexpected(made.error());
  forget_old(now);
  Secret secret;
  if (!crypto::fill_random(secret))
    return std::unexpected("the system has no random bytes to give");
  const Entry entry{.identity = trust::to_uri(whose), .expires = now + life, .used_by = {}};
  const auto saved = replace_file(path_of(secret), to_text(entry), FileAccess::Owner);
  if (!saved) return std::unexpected(saved.error());
  return secret;
}

const char* TokenBook::redeem(const Secret& secret, const trust::Identity& who,
                              const crypto::Digest& key_digest, WallTime now) {
  const std::lock_guard lock(mutex_);
  const std::string path = path_of(secret);
  std::optional<Entry> entry = read(path);
  if (!entry) return "the join token is unknown: it was not made here, or it expired long ago";
  if (entry->identity != trust::to_uri(who)) {
    return "the join token was made for another node or kind of program";
  }
  if (entry->used_by == kVoid) {
    return "the join token is void: whom it was made for was revoked after that";
  }
  const std::string key = crypto::to_hex(key_digest);
  if (!entry->used_by.empty() && entry->used_by != key) {
    return "the join token was used already";
  }
  if (entry->expires <= now) return "the join token has expired";
  if (!entry->used_by.empty()) return nullptr;
  entry->used_by = key;
  const auto saved = replace_file(path, to_text(*entry), FileAccess::Owner);
  return saved ? nullptr : "the control plane could not write down that the join token is used";
}

std::expected<void, std::string> TokenBook::make_void(std::string_view uri) {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::directory_iterator(directory_, error)) {
    paths.push_back(file.path().string());
  }
  for (const std::string& path : paths) {
    std::optional<Entry> entry = read(path);
    if (!entry || entry->used_by == kVoid || !trust::covers(uri, entry->identity)) continue;
    entry->used_by = kVoid;
    auto saved = replace_file(path, to_text(*entry), FileAccess::Owner);
    if (!saved) return saved;
  }
  return {};
}

std::string tokens_of(const std::string& directory) { return directory + "/tokens"; }

void TokenBook::forget_old(WallTime now) const {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(directory_, error)) {
    const std::optional<Entry> entry = read(file.path().string());
    if (entry && entry->expires + kRemembered < now) std::filesystem::remove(file.path(), error);
  }
}

}  // namespace atl::control
