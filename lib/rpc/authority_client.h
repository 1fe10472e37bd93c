#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <string>

#include "lib/trust/credentials.h"
#include "lib/trust/join_token.h"
#include "lib/trust/revocations.h"

namespace grpc {
class ClientContext;
}

namespace atl::rpc {

// Asks the control plane's authority (proto/authority.proto). Every call blocks, for some seconds
// at most. This header is free of gRPC.
class AuthorityClient {
 public:
  struct Failure {
    bool refused;     // heard and refused: asking again is of no use. False: it could not be asked
    std::string why;  // a sentence without an end
  };

  explicit AuthorityClient(std::string control) : control_(std::move(control)) {}  // "host:port"

  // The first certificate for a new key. Whoever answers must show an authority with the token's
  // fingerprint before the token is sent. `key` (PEM): the same in every attempt with one token.
  std::expected<trust::Credentials, Failure> enroll(const trust::JoinToken& token,
                                                    const trust::Identity& self,
                                                    const std::string& key);

  struct News {
    trust::Credentials credentials;  // those given, if no new ones were wanted
    trust::Revocations revoked;
  };
  std::expected<News, Failure> refresh(const trust::Credentials& credentials, bool renew);

  // Whatever is being asked, or is from now on, fails at once. Any thread.
  void stop();

 private:
  class Call;

  const std::string control_;
  std::mutex mutex_;
  grpc::ClientContext* call_ = nullptr;  // in progress
  bool stopped_ = false;
};

}  // namespace atl::rpc
