#include "lib/rpc/credential_keeper.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/directory_lock.h"
#include "lib/base/durable_file.h"
#include "lib/base/log.h"
#include "lib/crypto/private_key.h"

namespace atl::rpc {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLargestToken = 4096;
constexpr size_t kLargestList = 16 * 1024 * 1024;
constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{2'000};

std::string date(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", std::chrono::floor<std::chrono::seconds>(time));
}

// Kept until the certificate for it is here: a token that was used up by an answer that got lost is
// good for the same key only.
std::string joining_path(const std::string& directory) { return directory + "/joining.key"; }

std::expected<std::string, std::string> joining_key(const std::string& directory) {
  const std::string path = joining_path(directory);
  auto kept = read_file(path, kLargestToken);
  if (!kept) return std::unexpected(kept.error());
  if (*kept && crypto::PrivateKey::from_pem(**kept)) return **std::move(kept);
  std::string made = crypto::PrivateKey::generate().to_pem();
  if (auto saved = replace_file(path, made, FileAccess::Owner); !saved) {
    return std::unexpected(saved.error());
  }
  return made;
}

}  // namespace

CredentialKeeper::CredentialKeeper(Options options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      files_(options_.directory),
      client_(options_.control) {}

CredentialKeeper::~CredentialKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  client_.stop();
  if (thread_.joinable()) thread_.join();
}

std::expected<std::unique_ptr<CredentialKeeper>, std::string> CredentialKeeper::start(
    Options options, const Clock& clock) {
  std::unique_ptr<CredentialKeeper> keeper(new CredentialKeeper(std::move(options), clock));
  if (auto begun = keeper->begin(); !begun) return std::unexpected(begun.error());
  keeper->thread_ = std::thread([raw = keeper.get()] { raw->run(); });
  return keeper;
}

std::expected<void, std::string> CredentialKeeper::begin() {
  if (auto lock = DirectoryLock::take(files_.directory); !lock) {
    return std::unexpected(lock.error());
  }
  recall_revocations();
  auto stored = trust::load(files_);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return join();
  const trust::Caller& self = (*stored)->self;
  if (self.identity != options_.self) {
    return std::unexpected(
        fmt::format("{} is the certificate of {}, but by the configuration this is {}: remove the "
                    "directory and "
                    "join with a new token",
                    files_.node(), self.uri, trust::to_uri(options_.self)));
  }
  if (self.not_after <= clock_.wall()) {
    log_warn("the certificate has expired on {}: joining again", date(self.not_after));
    return join();
  }
  log_info("{}, certificate good until {}", self.uri, date(self.not_after));
  credentials_ = std::make_shared<const trust::Credentials>(**std::move(stored));
  return {};
}

std::expected<void, std::string> CredentialKeeper::join() {
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto credentials = enroll();
    if (credentials) {
      if (auto saved = trust::save(files_, *credentials); !saved) return saved;
      log_info("joined as {}, certificate good until {}", credentials->self.uri,
               date(credentials->self.not_after));
      unlink(joining_path(files_.directory).c_str());
      credentials_ = std::make_shared<const trust::Credentials>(*std::move(credentials));
      return {};
    }
    if (credentials.error().refused) {
      return std::unexpected("cannot join: " + credentials.error().why);
    }
    complain("cannot join yet: " + credentials.error().why);
    if (options_.give_up && options_.give_up()) return std::unexpected("told to stop");
    std::this_thread::sleep_for(pause);
  }
}

std::expected<trust::Credentials, CredentialKeeper::Failure> CredentialKeeper::enroll() {
  const auto refuse = [](std::string why) {
    return std::unexpected(Failure{true, std::move(why)});
  };
  if (options_.token_file.empty()) {
    return refuse(
        fmt::format("there is no certificate in {}, and no token_file", files_.directory));
  }
  const auto text = read_file(options_.token_file, kLargestToken);
  if (!text) return refuse(text.error());
  if (!*text) return refuse(options_.token_file + ": no such file");
  const auto token = trust::parse_join_token(**text);
  if (!token) return refuse(fmt::format("{}: {}", options_.token_file, token.error()));
  const auto key = joining_key(files_.directory);
  if (!key) return refuse(key.error());
  auto credentials = client_.enroll(*token, options_.self, *key);
  if (credentials && credentials->self.identity != options_.self) {
    return refuse("the control plane answered with the certificate of " + credentials->self.uri);
  }
  return credentials;
}

// What is not readable is asked for anew.
void CredentialKeeper::recall_revocations() {
  const auto text = read_file(files_.revocations(), kLargestList);
  if (!text || !*text) return;
  auto list = trust::parse_revocations(**text);
  if (!list) return log_error("{}: {}", files_.revocations(), list.error());
  guard_->replace(*std::move(list));
}

// ---- the thread ----------------------------------------------------------------------------

void CredentialKeeper::run() {
  do {
    look_for_news();
  } while (wait(options_.refresh));
}

bool CredentialKeeper::wait(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !ending_.wait_for(lock, time, [this] { return ended_; });
}

void CredentialKeeper::look_for_news() {
  const auto now = credentials();
  const bool changed = now->self.not_after <= clock_.wall()
                           ? join_again("the certificate has expired")
                           : refresh(*now);
  const std::lock_guard lock(telling_);
  if (changed && changed_) changed_();
}

// It was revoked, or the control plane was away for long. A new token may have been put there.
bool CredentialKeeper::join_again(const std::string& because) {
  auto credentials = enroll();
  if (!credentials) {
    complain(fmt::format("{}; joining again: {}", because, credentials.error().why));
    return false;
  }
  last_trouble_.clear();
  if (!take(*std::move(credentials))) return false;
  unlink(joining_path(files_.directory).c_str());
  return true;
}

bool CredentialKeeper::refresh(const trust::Credentials& now) {
  const bool renew = clock_.wall() >= trust::renewal_of(now.self);
  auto news = client_.refresh(now, renew);
  if (!news && news.error().refused) return join_again(news.error().why);
  if (!news) {
    complain(fmt::format("no news of the authority, the certificate is good until {}: {}",
                         date(now.self.not_after), news.error().why));
    return false;
  }
  last_trouble_.clear();
  const bool listed = take(std::move(news->revoked));
  return (renew && take(std::move(news->credentials))) || listed;
}

bool CredentialKeeper::take(trust::Credentials fresh) {
  if (fresh.self.identity != options_.self) {
    complain("the control plane renewed with the certificate of " + fresh.self.uri);
    return false;
  }
  if (auto saved = trust::save(files_, fresh); !saved) {
    complain("the renewed certificate cannot be stored: " + saved.error());
    return false;
  }
  log_info("certificate renewed, good until {}", date(fresh.self.not_after));
  const std::lock_guard lock(mutex_);
  credentials_ = std::make_shared<const trust::Credentials>(std::move(fresh));
  return true;
}

bool CredentialKeeper::take(trust::Revocations list) {
  const std::string text = trust::to_text(list);
  if (!trust::parse_revocations(text)) {
    complain("the control plane sent a list of revocations that is none");
    return false;
  }
  if (!guard_->replace(std::move(list))) return false;
  if (const auto saved = store(text); !saved) {
    log_error("who was revoked is known, but not stored: {}", saved.error());
  }
  return true;
}

std::expected<void, std::string> CredentialKeeper::store(const std::string& revocations) {
  const auto lock = DirectoryLock::take(files_.directory);
  if (!lock) return std::unexpected(lock.error());
  return replace_file(files_.revocations(), revocations, FileAccess::Owner);
}

void CredentialKeeper::complain(const std::string& trouble) {
  if (trouble == last_trouble_) return;  // once, not with every attempt
  log_warn("{}", trouble);
  last_trouble_ = trouble;
}

void CredentialKeeper::watch(std::function<void()> changed) {
  const std::lock_guard lock(telling_);
  changed_ = std::move(changed);
}

std::shared_ptr<const trust::Credentials> CredentialKeeper::credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

}  // namespace atl::rpc
