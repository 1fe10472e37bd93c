#include "lib/net/tls/tls_client_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <utility>

#include "lib/base/check.h"
#include "lib/net/tls/certificate.h"

namespace atl::net {
namespace {

// The cheapest first; both ends are ours, and so is the choice of the certificates' curve.
constexpr const char* kSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr over(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_passphrase(char*, int, int, void*) { return -1; }

bool configure(SSL_CTX* context, const std::string& protocol) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const std::string offered = static_cast<char>(protocol.size()) + protocol;
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, kSuites) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offered.data()),
                                 static_cast<unsigned>(offered.size())) == 0;
}

// Null: done.
const char* show(SSL_CTX* context, const TlsClientContext::Texts& texts) {
  const KeyPtr key(PEM_read_bio_PrivateKey(over(texts.key).get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) return "no private key in PEM format, or an encrypted one";
  const BioPtr chain = over(texts.chain);
  const CertificatePtr leaf(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
  if (leaf == nullptr) return "no certificate in PEM format";
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return take_openssl_error("key and certificate do not belong together");
  }
  for (;;) {
    CertificatePtr next(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
    if (next == nullptr) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return take_openssl_error("no chain");
    static_cast<void>(next.release());
  }
  return nullptr;
}

const char* believe(SSL_CTX* context, std::string_view authority) {
  const CertificatePtr root(
      PEM_read_bio_X509(over(authority).get(), nullptr, no_passphrase, nullptr));
  if (root == nullptr) return "no certificate of an authority in PEM format";
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.get()) != 1) {
    return take_openssl_error("the authority's certificate cannot be used");
  }
  return nullptr;
}

}  // namespace

void TlsClientContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsClientContext::TlsClientContext() : context_(SSL_CTX_new(TLS_client_method())) {
  ATOLL_CHECK(context_ != nullptr);
}

TlsClientContext::~TlsClientContext() = default;

std::expected<std::shared_ptr<const TlsClientContext>, const char*> TlsClientContext::make(
    const Texts& texts, const std::string& protocol) {
  std::shared_ptr<TlsClientContext> made(new TlsClientContext);
  made->protocol_ = protocol;
  SSL_CTX* const context = made->context_.get();
  ATOLL_CHECK(configure(context, protocol));
  const char* wrong = show(context, texts);
  if (wrong == nullptr) wrong = believe(context, texts.authority);
  ERR_clear_error();
  if (wrong != nullptr) return std::unexpected(wrong);
  return made;
}

ssl_st* TlsClientContext::make_ssl() const {
  SSL* ssl = SSL_new(context_.get());
  if (ssl != nullptr) SSL_set_connect_state(ssl);
  return ssl;
}

bool TlsClientContext::agreed(const ssl_st* ssl) const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == protocol_;
}

}  // namespace atl::net
