#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "control-plane/authority/registrar.h"
#include "lib/rpc/admission.h"
#include "proto/authority.grpc.pb.h"

namespace atl::control {

// The gRPC end of atl.v1.Authority. gRPC's threads.
class AuthorityService final : public v1::Authority::CallbackService {
 public:
  explicit AuthorityService(std::shared_ptr<Registrar> registrar);

  // The one call without a certificate.
  grpc::ServerUnaryReactor* Enroll(grpc::CallbackServerContext* context,
                                   const v1::EnrollRequest* request,
                                   v1::EnrollResponse* response) override;
  grpc::ServerUnaryReactor* Refresh(grpc::CallbackServerContext* context,
                                    const v1::RefreshRequest* request,
                                    v1::RefreshResponse* response) override;

 private:
  const std::shared_ptr<Registrar> registrar_;
  rpc::Admission admission_;
};

}  // namespace atl::control
