#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "lib/trust/credentials.h"

// Mutual TLS for gRPC's own servers and clients.

namespace atl::rpc {

enum class ClientCertificate : uint8_t {
  Required,  // no handshake without one
  Verified,  // if there is one; who may call without is for the service to say
};

// Shows what is in the files, as it is renewed there: they are looked at every second, and
// connections keep what they began with.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const trust::CredentialFiles& files,
                                                            ClientCertificate client);

// For a channel to the control plane: whoever it connects to has to show the control plane's
// certificate, signed by `authority` (PEM). `self`: what is shown in return; null: nothing. Sets
// what `arguments` needs for it.
std::shared_ptr<grpc::ChannelCredentials> control_credentials(const std::string& authority,
                                                              const trust::Credentials* self,
                                                              grpc::ChannelArguments& arguments);

// Why a call ended, for people: gRPC's message, and what it is a sign of if only one end of the
// link speaks TLS. `secured`: ours does.
std::string explain(const grpc::Status& status, bool secured);

}  // namespace atl::rpc
