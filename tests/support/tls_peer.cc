#include "tests/support/tls_peer.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "lib/base/check.h"

namespace atl::testing {
namespace {

std::string take(BIO* bio) {
  std::string out;
  char buffer[4096];
  for (int n = 0; (n = BIO_read(bio, buffer, sizeof buffer)) > 0;) out.append(buffer, n);
  return out;
}

struct Pair {
  X509* certificate;
  EVP_PKEY* key;
};
Pair parse(const CertificateText& text) {
  BIO* bio = BIO_new_mem_buf(text.certificate.data(), static_cast<int>(text.certificate.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(text.key.data(), static_cast<int>(text.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  ATOLL_CHECK(certificate != nullptr && key != nullptr);
  return {certificate, key};
}

}  // namespace

CertificateText make_certificate(const CertificateSpec& spec) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  ATOLL_CHECK(key != nullptr && certificate != nullptr);
  static long serial = 0;
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), spec.from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), spec.until.count());
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("atoll test"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  std::string names;
  for (const std::string& each : spec.names) names += (names.empty() ? "DNS:" : ",DNS:") + each;
  if (!names.empty()) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    ATOLL_CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  ATOLL_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  BIO* bio = BIO_new(BIO_s_mem());
  CertificateText text;
  PEM_write_bio_X509(bio, certificate);
  text.certificate = take(bio);
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  text.key = take(bio);
  BIO_free(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return text;
}

std::string make_ocsp_response(const CertificateText& subject, bool good,
                               std::chrono::seconds until) {
  const Pair pair = parse(subject);
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), pair.certificate, pair.certificate);
  ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
  ASN1_TIME* next = X509_gmtime_adj(nullptr, until.count());
  OCSP_basic_add1_status(basic, id, good ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED, 0,
                         good ? nullptr : now, now, next);
  OCSP_basic_sign(basic, pair.certificate, pair.key, EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  OCSP_RESPONSE_free(response);
  OCSP_BASICRESP_free(basic);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(now);
  ASN1_TIME_free(next);
  X509_free(pair.certificate);
  EVP_PKEY_free(pair.key);
  return out;
}

TlsPeer::TlsPeer(const Options& options) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context_, on_session);
  if (options.version != 0) {
    const int version = options.version == 2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
  }
  if (!options.ciphers.empty()) {
    ATOLL_CHECK(SSL_CTX_set_cipher_list(context_, options.ciphers.c_str()) == 1);
  }
  ssl_ = SSL_new(context_);
  SSL_set_app_data(ssl_, this);
  if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_, options.server_name.c_str());
  if (options.wants_staple) SSL_set_tlsext_status_type(ssl_, TLSEXT_STATUSTYPE_ocsp);
  std::string protocols;
  for (const std::string& each : options.protocols) {
    protocols.append(1, static_cast<char>(each.size())).append(each);
  }
  if (!protocols.empty()) {
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  }
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_);
}

TlsPeer::~TlsPeer() {
  SSL_free(ssl_);
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
  ERR_clear_error();
}

int TlsPeer::on_session(ssl_st* ssl, ssl_session_st* session) {
  auto* self = static_cast<TlsPeer*>(SSL_get_app_data(ssl));
  SSL_SESSION_free(self->session_);
  self->session_ = session;
  return 1;  // ours
}

void TlsPeer::resume(const TlsPeer& earlier) {
  ATOLL_CHECK(earlier.session_ != nullptr);
  SSL_SESSION* copy = SSL_SESSION_dup(earlier.session_);
  SSL_set_session(ssl_, copy);
  SSL_SESSION_free(copy);
}

void TlsPeer::hear(std::string_view bytes) {
  BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  char buffer[16 * 1024];
  for (;;) {
    size_t count = 0;
    const bool shaking = !connected();
    const int done = shaking ? SSL_connect(ssl_) : SSL_read_ex(ssl_, buffer, sizeof buffer, &count);
    if (done == 1) {
      if (count > 0) ++records_;
      received_.append(buffer, count);
      continue;
    }
    const int error = SSL_get_error(ssl_, done);
    ERR_clear_error();
    if (error == SSL_ERROR_ZERO_RETURN) heard_goodbye_ = true;
    if (error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL) failed_ = true;
    return;
  }
}

std::string TlsPeer::take_output() { return take(SSL_get_wbio(ssl_)); }

void TlsPeer::say(std::string_view plain) {
  ATOLL_CHECK(SSL_write(ssl_, plain.data(), static_cast<int>(plain.size())) ==
              static_cast<int>(plain.size()));
}

void TlsPeer::say_goodbye() { SSL_shutdown(ssl_); }
void TlsPeer::update_key() {
  ATOLL_CHECK(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) == 1);
  SSL_do_handshake(ssl_);
}
bool TlsPeer::try_renegotiation() {
  if (SSL_renegotiate(ssl_) != 1) return false;
  SSL_do_handshake(ssl_);
  ERR_clear_error();
  return true;
}
bool TlsPeer::connected() const { return SSL_is_init_finished(ssl_) == 1; }
bool TlsPeer::resumed() const { return SSL_session_reused(ssl_) == 1; }
int TlsPeer::version() const { return SSL_version(ssl_) == TLS1_3_VERSION ? 3 : 2; }
std::string TlsPeer::cipher() const { return SSL_get_cipher_name(ssl_); }

std::string TlsPeer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsPeer::staple() const {
  const unsigned char* der = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl_, &der);
  return size > 0 ? std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size)) : "";
}

bool TlsPeer::server_is(const std::string& name) const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  return certificate != nullptr &&
         X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1;
}

}  // namespace atl::testing
