#include "lib/rpc/grpc_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "lib/trust/control_name.h"

namespace atl::rpc {
namespace {

constexpr unsigned kLookEvery = 1;  // seconds

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const trust::CredentialFiles& files,
                                                            ClientCertificate client) {
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.node(), files.node(), files.authority(), kLookEvery);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(client == ClientCertificate::Required
                                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> control_credentials(const std::string& authority,
                                                              const trust::Credentials* self,
                                                              grpc::ChannelArguments& arguments) {
  arguments.SetSslTargetNameOverride(trust::kControlName);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authority;
  if (self != nullptr) {
    options.pem_private_key = self->key;
    options.pem_cert_chain = self->chain;
  }
  return grpc::SslCredentials(options);
}

std::string explain(const grpc::Status& status, bool secured) {
  std::string why = status.error_message();
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return why;
  if (secured && why.find("wrong version number") != std::string::npos) {
    why += ": the other end does not speak TLS";
  } else if (!secured && why.starts_with("failed to connect") &&
             why.find("Socket closed") != std::string::npos) {
    why += ": the other end closed the connection without a word: it may want mutual TLS";
  }
  return why;
}

}  // namespace atl::rpc
