#pragma once

#include <grpcpp/grpcpp.h>

#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "lib/base/clock.h"
#include "lib/trust/guard.h"
#include "lib/trust/refusals.h"

namespace atl::rpc {

// Who may begin a call at a gRPC server with mutual TLS. Looked at for each call, not for each
// connection: a connection lasts longer than a certificate, and a resumed one shows an old one. Any
// thread.
class Admission {
 public:
  Admission(std::shared_ptr<const trust::Guard> guard, trust::Kinds kinds)
      : guard_(std::move(guard)), kinds_(kinds) {}

  // Who calls; or how the call is to be ended: UNAUTHENTICATED without a certificate,
  // PERMISSION_DENIED with the reason.
  std::expected<std::shared_ptr<const trust::Caller>, grpc::Status> admit(
      const grpc::ServerContextBase& context);

  // Null, or why somebody who was admitted would not be now: revoked meanwhile. A certificate that
  // has expired since is no reason, for what has begun goes on.
  const char* objection(const trust::Caller& caller) const;

 private:
  using CallerPtr = std::shared_ptr<const trust::Caller>;
  std::expected<CallerPtr, const char*> find(const std::string& pem);
  grpc::Status refuse(grpc::StatusCode code, std::string why, const std::string& peer);

  const std::shared_ptr<const trust::Guard> guard_;
  const trust::Kinds kinds_;
  std::mutex mutex_;
  // What certificates say, by their text: parsing one costs more than all the rest.
  std::unordered_map<std::string, CallerPtr> known_;
  trust::Refusals refusals_;
};

// Ends a call of any kind with a status, at once.
template <class Base>
class Turned final : public Base {
 public:
  explicit Turned(const grpc::Status& status) { this->Finish(status); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace atl::rpc
