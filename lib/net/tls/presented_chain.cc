#include "lib/net/tls/presented_chain.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <memory>

#include "lib/net/tls/certificate.h"
#include "lib/net/tls/handshake_failure.h"

namespace atl::net {
namespace {

constexpr std::array<unsigned char, 3> kProtocols = {2, 'h', '2'};  // RFC 7301 section 3.1

struct Free {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using BioPtr = std::unique_ptr<BIO, Free>;

bool limit_time(BIO* bio, std::chrono::seconds timeout) {
  int socket = -1;
  if (BIO_get_fd(bio, &socket) < 0 || BIO_socket_nbio(socket, 0) != 1) return false;
  const timeval limit{.tv_sec = timeout.count(), .tv_usec = 0};
  return setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
         setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

std::string to_pem(const STACK_OF(X509) * chain) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  for (int i = 0; out != nullptr && i < sk_X509_num(chain); ++i) {
    if (PEM_write_bio_X509(out.get(), sk_X509_value(chain, i)) != 1) return {};
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

std::expected<std::string, std::string> fetch_presented_chain(const std::string& endpoint,
                                                              std::chrono::seconds timeout) {
  const auto fail = [&](const char* otherwise) {
    return std::unexpected(endpoint + ": " + take_openssl_error(otherwise));
  };
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  BioPtr bio(BIO_new_connect(endpoint.c_str()));
  if (context == nullptr || bio == nullptr) return fail("no memory");
  BIO_set_nbio(bio.get(), 1);
  if (BIO_do_connect_retry(bio.get(), static_cast<int>(timeout.count()), -1) != 1) {
    return fail("cannot connect");
  }
  const std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  if (ssl == nullptr || !limit_time(bio.get(), timeout)) return fail("cannot set the time limit");
  BIO* const transport = bio.release();
  SSL_set_bio(ssl.get(), transport, transport);
  SSL_set_alpn_protos(ssl.get(), kProtocols.data(), kProtocols.size());
  if (SSL_set_min_proto_version(ssl.get(), TLS1_3_VERSION) != 1 || SSL_connect(ssl.get()) != 1) {
    if (classify_handshake_error(ERR_peek_error()) == HandshakeFailure::NotTls) {
      ERR_clear_error();
      return std::unexpected(endpoint + ": it does not speak TLS");
    }
    return fail("no TLS handshake in time");
  }
  std::string chain = to_pem(SSL_get_peer_cert_chain(ssl.get()));
  ERR_clear_error();
  if (chain.empty()) return std::unexpected(endpoint + ": it shows no certificate");
  return chain;
}

}  // namespace atl::net
