#include "lib/rpc/admission.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/clock.h"

namespace atl::rpc {
namespace {

// Certificates of a large fleet, twice; then all are forgotten.
constexpr size_t kMostKnown = 4096;

}  // namespace

std::expected<Admission::CallerPtr, const char*> Admission::find(const std::string& pem) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(pem);
    if (known != known_.end()) return known->second;
  }
  auto caller = trust::to_caller(pem);
  if (!caller) return std::unexpected(caller.error());
  auto shared = std::make_shared<const trust::Caller>(*std::move(caller));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(pem, shared);
  return shared;
}

std::expected<Admission::CallerPtr, grpc::Status> Admission::admit(
    const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  const std::string peer = context.peer();
  // gRPC keeps it only of a peer whose chain it has verified.
  const auto pems = auth == nullptr ? std::vector<grpc::string_ref>()
                                    : auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pems.size() != 1) {
    return std::unexpected(
        refuse(grpc::StatusCode::UNAUTHENTICATED, "this call needs a certificate", peer));
  }
  auto caller = find({pems.front().data(), pems.front().size()});
  if (!caller) {
    return std::unexpected(refuse(grpc::StatusCode::PERMISSION_DENIED, caller.error(), peer));
  }
  const WallTime now = SystemClock().wall();
  if (const char* wrong = guard_->objection(**caller, kinds_, now)) {
    return std::unexpected(refuse(grpc::StatusCode::PERMISSION_DENIED,
                                  fmt::format("{}: {}", (*caller)->uri, wrong), peer));
  }
  return *std::move(caller);
}

const char* Admission::objection(const trust::Caller& caller) const {
  return guard_->objection(caller, kinds_, caller.issued);
}

grpc::Status Admission::refuse(grpc::StatusCode code, std::string why, const std::string& peer) {
  // Without the port, which is another one each time.
  refusals_.log(fmt::format("{} is refused: {}", peer.substr(0, peer.rfind(':')), why),
                SystemClock().mono());
  return {code, std::move(why)};
}

}  // namespace atl::rpc
