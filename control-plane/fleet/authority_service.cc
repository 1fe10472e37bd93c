#include "control-plane/fleet/authority_service.h"

#include <utility>

namespace atl::control {
namespace {

grpc::ServerUnaryReactor* end(grpc::CallbackServerContext& context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

grpc::Status to_status(const Registrar::Failure& failure) {
  return {failure.passing ? grpc::StatusCode::UNAVAILABLE : grpc::StatusCode::PERMISSION_DENIED,
          failure.why};
}

void put(const trust::Revocations& list, v1::RefreshResponse& out) {
  for (const trust::Revocation& one : list) {
    v1::Revocation& added = *out.add_revoked();
    added.set_identity(one.uri);
    added.set_until_ms(static_cast<uint64_t>(one.until.time_since_epoch().count()));
  }
}

}  // namespace

AuthorityService::AuthorityService(std::shared_ptr<Registrar> registrar)
    : registrar_(std::move(registrar)),
      admission_(registrar_->shared_guard(), {trust::Kind::Edge, trust::Kind::Origin}) {}

grpc::ServerUnaryReactor* AuthorityService::Enroll(grpc::CallbackServerContext* context,
                                                   const v1::EnrollRequest* request,
                                                   v1::EnrollResponse* response) {
  auto certificate = registrar_->enroll(request->token_secret(), request->identity(),
                                        request->certificate_request());
  if (!certificate) return end(*context, to_status(certificate.error()));
  response->set_certificate(*std::move(certificate));
  return end(*context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* AuthorityService::Refresh(grpc::CallbackServerContext* context,
                                                    const v1::RefreshRequest* request,
                                                    v1::RefreshResponse* response) {
  const auto caller = admission_.admit(*context);
  if (!caller) return end(*context, caller.error());
  if (!request->certificate_request().empty()) {
    auto certificate = registrar_->renew(**caller, request->certificate_request());
    if (!certificate) return end(*context, to_status(certificate.error()));
    response->set_certificate(*std::move(certificate));
  }
  put(*registrar_->shared_guard()->revocations(), *response);
  return end(*context, grpc::Status::OK);
}

}  // namespace atl::control
