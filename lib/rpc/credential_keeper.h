#pragma once

#include <chrono>
#include <condition_variable>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "lib/base/clock.h"
#include "lib/rpc/authority_client.h"
#include "lib/trust/credentials.h"
#include "lib/trust/guard.h"

namespace atl::rpc {

// Gets this program its certificate, and keeps it good: joins with a token if it has none, renews
// it after two thirds of its life, and hears who was revoked. What it knows is on disk, so the
// control plane is needed for joining and renewing only. A thread of its own.
class CredentialKeeper {
 public:
  struct Options {
    std::string control;     // "host:port" of the control plane
    std::string directory;   // trust::CredentialFiles
    std::string token_file;  // empty: there is none
    trust::Identity self;
    std::chrono::milliseconds refresh{10'000};  // how often the control plane is asked for news
    std::function<bool()> give_up;  // asked now and then while start() waits; null: never
  };

  // Blocks until there is a certificate: for as long as the control plane cannot be asked. The
  // error is a sentence: it was asked and refused, or there is nothing to ask with.
  static std::expected<std::unique_ptr<CredentialKeeper>, std::string> start(Options options,
                                                                             const Clock& clock);
  ~CredentialKeeper();
  CredentialKeeper(const CredentialKeeper&) = delete;
  CredentialKeeper& operator=(const CredentialKeeper&) = delete;

  // `changed` is called on the keeper's thread whenever credentials() or what the guard knows is
  // new from now on. Before either is used. Null: no more; then no call is under way either.
  void watch(std::function<void()> changed);

  std::shared_ptr<const trust::Credentials> credentials() const;  // any thread
  const std::shared_ptr<trust::Guard>& guard() const { return guard_; }
  const trust::CredentialFiles& files() const { return files_; }

 private:
  using Failure = AuthorityClient::Failure;

  CredentialKeeper(Options options, const Clock& clock);
  std::expected<void, std::string> begin();
  std::expected<void, std::string> join();
  std::expected<trust::Credentials, Failure> enroll();
  void recall_revocations();
  void run();
  void look_for_news();
  // These four: whether anything is new.
  bool join_again(const std::string& because);
  bool refresh(const trust::Credentials& now);
  bool take(trust::Credentials fresh);
  bool take(trust::Revocations list);
  std::expected<void, std::string> store(const std::string& revocations);
  void complain(const std::string& trouble);
  bool wait(std::chrono::milliseconds time);  // false: the keeper ends

  const Options options_;
  const Clock& clock_;
  const trust::CredentialFiles files_;
  const std::shared_ptr<trust::Guard> guard_ = std::make_shared<trust::Guard>();
  AuthorityClient client_;
  std::string last_trouble_;  // as last logged

  std::mutex telling_;  // held while `changed_` is called
  std::function<void()> changed_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::shared_ptr<const trust::Credentials> credentials_;
  std::thread thread_;
};

}  // namespace atl::rpc
