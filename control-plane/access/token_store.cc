#include "control-plane/access/token_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/base/durable_file.h"
#include "lib/base/log.h"
#include "lib/net/descriptor.h"

namespace atl::control {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;
constexpr uint64_t kSaveEvery_s = 60;

std::string identity_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return "absent";
  return fmt::format("{} {} {} {}.{}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

template <class Tokens>
auto find_name(Tokens& tokens, std::string_view name) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [&](const Token& token) { return token.name == name; });
}

TokenProblem failed(std::string sentence) {
  return {TokenProblem::Kind::Failed, std::move(sentence)};
}

}  // namespace

// Held while the file is read, changed and replaced. Others hold it as briefly.
class TokenStore::Lock {
 public:
  explicit Lock(const std::string& path)
      : file_(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)) {
    while (file_ && flock(file_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return;
    }
    held_ = static_cast<bool>(file_);
  }
  bool held() const { return held_; }

 private:
  net::Descriptor file_;
  bool held_ = false;
};

std::expected<TokenStore, std::string> TokenStore::open(std::string path) {
  TokenStore store(std::move(path));
  if (auto read = store.read(); !read) return std::unexpected(read.error());
  return store;
}

std::expected<void, std::string> TokenStore::read() {
  identity_ = identity_of(path_);  // a file that cannot be read is not read again until it changes
  auto bytes = read_file(path_, kLargestFile);
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<Token> tokens;
  if (*bytes) {
    auto parsed = parse_tokens(**bytes);
    if (!parsed) return std::unexpected(fmt::format("{}: {}", path_, parsed.error()));
    tokens = *std::move(parsed);
  }
  for (Token& token : tokens) {
    const auto known = find_name(tokens_, token.name);
    if (known == tokens_.end() || known->digest != token.digest) continue;
    token.last_used_s = std::max(token.last_used_s, known->last_used_s);
  }
  tokens_ = std::move(tokens);
  return {};
}

void TokenStore::refresh() {
  if (identity_of(path_) == identity_) return;
  if (auto known = read(); !known) {
    log_error("tokens: {}; those that were read before stay in force", known.error());
  }
}

std::expected<void, TokenProblem> TokenStore::change(std::vector<Token> tokens) {
  if (auto written = replace_file(path_, format_tokens(tokens)); !written) {
    return std::unexpected(failed(written.error()));
  }
  tokens_ = std::move(tokens);
  identity_ = identity_of(path_);
  unsaved_ = false;
  return {};
}

std::expected<TokenStore::Made, TokenProblem> TokenStore::create(
    std::string name, Role role, std::optional<std::chrono::seconds> lifetime, uint64_t now_s) {
  using Kind = TokenProblem::Kind;
  if (const char* wrong = check_token_name(name)) {
    return std::unexpected(TokenProblem{Kind::Invalid, wrong});
  }
  if (lifetime && lifetime->count() <= 0) {
    return std::unexpected(TokenProblem{Kind::Invalid, "a token lives for at least a second"});
  }
  const Lock lock(path_);
  if (!lock.held()) return std::unexpected(failed(fmt::format("cannot lock {}.lock", path_)));
  if (auto known = read(); !known) return std::unexpected(failed(known.error()));
  if (find_name(tokens_, name) != tokens_.end()) {
    return std::unexpected(TokenProblem{
        Kind::Exists, fmt::format("there is a token \"{}\" already: delete it, or choose another "
                                  "name",
                                  name)});
  }
  if (tokens_.size() >= kMostTokens) {
    return std::unexpected(TokenProblem{
        Kind::Exists, fmt::format("there are {} tokens already: delete one", kMostTokens)});
  }
  auto secret = make_secret();
  if (!secret) return std::unexpected(failed("the system gives no random numbers"));
  Token token{std::move(name), role, crypto::sha256(*secret), now_s};
  if (lifetime) token.expires_s = now_s + static_cast<uint64_t>(lifetime->count());
  std::vector<Token> tokens = tokens_;
  tokens.push_back(token);
  if (auto changed = change(std::move(tokens)); !changed) return std::unexpected(changed.error());
  return Made{std::move(token), *std::move(secret)};
}

std::expected<void, TokenProblem> TokenStore::remove(std::string_view name) {
  const Lock lock(path_);
  if (!lock.held()) return std::unexpected(failed(fmt::format("cannot lock {}.lock", path_)));
  if (auto known = read(); !known) return std::unexpected(failed(known.error()));
  std::vector<Token> tokens = tokens_;
  const auto found = find_name(tokens, name);
  if (found == tokens.end()) {
    return std::unexpected(
        TokenProblem{TokenProblem::Kind::Absent, fmt::format("there is no token \"{}\"", name)});
  }
  tokens.erase(found);
  return change(std::move(tokens));
}

const Token* TokenStore::find(std::string_view secret) {
  refresh();
  const crypto::Digest digest = crypto::sha256(secret);
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    if (crypto::equal(token.digest, digest)) found = &token;
  }
  return found;
}

void TokenStore::used(const Token& token, uint64_t now_s) {
  const auto known = find_name(tokens_, token.name);
  if (known == tokens_.end() || known->last_used_s >= now_s) return;
  known->last_used_s = now_s;
  unsaved_ = true;
}

bool TokenStore::lives(std::string_view name, uint64_t now_s) {
  refresh();
  const auto known = find_name(tokens_, name);
  return known != tokens_.end() && !expired(*known, now_s);
}

std::expected<void, std::string> TokenStore::flush(uint64_t now_s, bool now_please) {
  if (!unsaved_ || (!now_please && now_s < saved_s_ + kSaveEvery_s)) return {};
  saved_s_ = now_s;
  const Lock lock(path_);
  if (!lock.held()) return std::unexpected(fmt::format("cannot lock {}.lock", path_));
  if (auto known = read(); !known) return known;
  auto written = change(tokens_);
  return written ? std::expected<void, std::string>{} : std::unexpected(written.error().sentence);
}

}  // namespace atl::control
