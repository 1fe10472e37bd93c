#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "lib/trust/credentials.h"

// Mutual TLS for gRPC's own servers.

namespace atl::rpc {

enum class ClientCertificate : uint8_t {
  Required,  // no handshake without one
  Verified,  // if there is one; who may call without is for the service to say
};

// Shows what is in the files, as it is renewed there: they are looked at every second, and
// connections keep what they began with.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const trust::CredentialFiles& files,
                                                            ClientCertificate client);

}  // namespace atl::rpc
