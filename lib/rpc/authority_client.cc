#include "lib/rpc/authority_client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <utility>

#include "lib/crypto/certificate.h"
#include "lib/net/tls/presented_chain.h"
#include "lib/rpc/grpc_credentials.h"
#include "proto/authority.grpc.pb.h"

namespace atl::rpc {
namespace {

constexpr std::chrono::seconds kConnectTime{3};
constexpr std::chrono::seconds kCallTime{5};

using Failure = AuthorityClient::Failure;

std::unique_ptr<v1::Authority::Stub> connect(const std::string& control,
                                             const std::string& authority,
                                             const trust::Credentials* self) {
  grpc::ChannelArguments arguments;
  // A connection of its own, so that it is made with these credentials, now.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto credentials = control_credentials(authority, self, arguments);
  return v1::Authority::NewStub(grpc::CreateCustomChannel(control, credentials, arguments));
}

bool is_refusal(grpc::StatusCode code) {
  return code == grpc::StatusCode::PERMISSION_DENIED || code == grpc::StatusCode::UNAUTHENTICATED ||
         code == grpc::StatusCode::INVALID_ARGUMENT;
}

trust::Revocations from_proto(const v1::RefreshResponse& response) {
  trust::Revocations list;
  for (const v1::Revocation& one : response.revoked()) {
    list.push_back(
        {.uri = one.identity(), .until = WallTime{std::chrono::milliseconds{one.until_ms()}}});
  }
  return list;
}

}  // namespace

// One call, which stop() ends.
class AuthorityClient::Call {
 public:
  explicit Call(AuthorityClient& owner) : owner_(owner) {
    context_.set_deadline(std::chrono::system_clock::now() + kCallTime);
    const std::lock_guard lock(owner_.mutex_);
    owner_.call_ = &context_;
    if (owner_.stopped_) context_.TryCancel();
  }
  ~Call() {
    const std::lock_guard lock(owner_.mutex_);
    owner_.call_ = nullptr;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  grpc::ClientContext* context() { return &context_; }
  Failure failure(const grpc::Status& status) const {
    return {is_refusal(status.error_code()),
            fmt::format("{}: {}", owner_.control_, explain(status, true))};
  }

 private:
  AuthorityClient& owner_;
  grpc::ClientContext context_;
};

std::expected<trust::Credentials, Failure> AuthorityClient::enroll(const trust::JoinToken& token,
                                                                   const trust::Identity& self,
                                                                   const std::string& key) {
  const auto pair = crypto::PrivateKey::from_pem(key);
  if (!pair) return std::unexpected(Failure{true, pair.error()});
  const auto chain = net::fetch_presented_chain(control_, kConnectTime);
  if (!chain) return std::unexpected(Failure{false, chain.error()});
  std::string authority = crypto::find_certificate(*chain, token.authority);
  if (authority.empty()) {
    return std::unexpected(Failure{true, fmt::format("{}: it is not the control plane that the "
                                                     "join token is from",
                                                     control_)});
  }
  const auto stub = connect(control_, authority, nullptr);
  v1::EnrollRequest request;
  request.set_token_secret(token.secret.data(), token.secret.size());
  request.set_identity(trust::to_uri(self));
  request.set_certificate_request(crypto::make_request(*pair));
  v1::EnrollResponse response;
  Call call(*this);
  const grpc::Status status = stub->Enroll(call.context(), request, &response);
  if (!status.ok()) return std::unexpected(call.failure(status));
  auto credentials =
      trust::make_credentials(key, std::move(*response.mutable_certificate()), authority);
  if (!credentials) return std::unexpected(Failure{true, credentials.error()});
  return *std::move(credentials);
}

std::expected<AuthorityClient::News, Failure> AuthorityClient::refresh(
    const trust::Credentials& credentials, bool renew) {
  const auto stub = connect(control_, credentials.authority, &credentials);
  v1::RefreshRequest request;
  const auto key = crypto::PrivateKey::generate();
  if (renew) request.set_certificate_request(crypto::make_request(key));
  v1::RefreshResponse response;
  Call call(*this);
  const grpc::Status status = stub->Refresh(call.context(), request, &response);
  if (!status.ok()) return std::unexpected(call.failure(status));
  News news{.credentials = credentials, .revoked = from_proto(response)};
  if (!renew) return news;
  auto fresh = trust::make_credentials(key.to_pem(), std::move(*response.mutable_certificate()),
                                       credentials.authority);
  if (!fresh) return std::unexpected(Failure{false, fresh.error()});
  news.credentials = *std::move(fresh);
  return news;
}

void AuthorityClient::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (call_ != nullptr) call_->TryCancel();
}

}  // namespace atl::rpc
