#include "lib/net/tls/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <ctime>
#include <utility>

#include "lib/base/check.h"
#include "lib/net/tls/certificate.h"

namespace atl::net {
namespace {

// AES-128-GCM first: the cheapest here, and nobody breaks it. A client that puts ChaCha20 first has
// no AES instructions and gets its wish (SSL_OP_PRIORITIZE_CHACHA).
constexpr const char* kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
// RFC 7301 section 3.1: each name after its length.
constexpr std::array<unsigned char, 9> kProtocols = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

const TlsContext& context_of(SSL* ssl) {
  return *static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int on_server_name(SSL* ssl, int*, void*) {
  const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const TlsContext& context = context_of(ssl);
  if (host != nullptr) context.use(ssl, context.choose(host));
  return SSL_TLSEXT_ERR_OK;
}

int on_protocols(SSL*, const unsigned char** chosen, unsigned char* size,
                 const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* out = nullptr;
  const int found = SSL_select_next_proto(&out, size, kProtocols.data(), kProtocols.size(), offered,
                                          offered_size);
  *chosen = out;
  // RFC 7301 section 3.2: nothing in common ends the handshake.
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int on_status_request(SSL* ssl, void*) {
  const std::string_view staple = context_of(ssl).staple(ssl);
  if (staple.empty()) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(staple.data(), staple.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple.size()));
  return SSL_TLSEXT_ERR_OK;
}

bool set_mac_key(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 go on, 2 go on and give a new ticket, 0 no such key,
// negative: failure.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int sealing) {
  const TicketKeys& keys = context_of(ssl).tickets();
  if (sealing != 0) {
    TicketKeys::Key key = keys.current();
    if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
    std::memcpy(name, key.name.data(), key.name.size());
    const int begun =
        EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr);
    return begun == 1 && set_mac_key(mac, key) ? 1 : -1;
  }
  auto found = keys.find(std::span<const unsigned char, 16>(name, 16));
  if (!found) return 0;
  const int begun =
      EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), found->key.cipher.data(), iv, nullptr);
  if (begun != 1 || !set_mac_key(mac, found->key)) return -1;
  return found->current ? 1 : 2;
}

bool configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_recv_max_early_data(context, 0);
  SSL_CTX_set_timeout(context, std::chrono::seconds(TicketKeys::kTicketLife).count());
  SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
  SSL_CTX_set_alpn_select_cb(context, on_protocols, nullptr);
  SSL_CTX_set_tlsext_status_cb(context, on_status_request);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
  constexpr std::array<unsigned char, 5> kApplication = {'a', 't', 'o', 'l', 'l'};
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, kSuites13) == 1 &&
         SSL_CTX_set_cipher_list(context, kSuites12) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set_session_id_context(context, kApplication.data(), kApplication.size()) == 1;
}

}  // namespace

// Collects every problem on its way.
class TlsContext::Loader {
 public:
  Loader(TlsContext& out, WallTime now) : out_(out), now_(now) {}

  void add(const CertificateFiles& files) {
    auto chain = read_chain(files.certificate, now_);
    auto key = read_key(files.key);
    if (!chain) problems.push_back(chain.error());
    if (!key) problems.push_back(key.error());
    if (!chain || !key) return;
    Certificate certificate;
    certificate.context.reset(SSL_CTX_new(TLS_server_method()));
    ATOLL_CHECK(certificate.context != nullptr && configure(certificate.context.get()));
    SSL_CTX_set_app_data(certificate.context.get(), &out_);
    if (X509_check_private_key(chain->leaf.get(), key->get()) != 1) {
      ERR_clear_error();
      return problems.push_back(files.key + ": not the key of the certificate in " +
                                files.certificate);
    }
    if (SSL_CTX_use_cert_and_key(certificate.context.get(), chain->leaf.get(), key->get(),
                                 chain->rest.get(), 1) != 1) {
      return problems.push_back(files.certificate + ": " + take_openssl_error("not usable"));
    }
    name(certificate, files, *chain->leaf);
    staple(certificate, files, *chain->leaf);
    out_.certificates_.push_back(std::move(certificate));
  }

  std::vector<std::string> problems;

 private:
  void name(Certificate& certificate, const CertificateFiles& files, X509& leaf) {
    certificate.names = files.names.empty() ? dns_names(leaf) : files.names;
    if (certificate.names.empty()) {
      problems.push_back(files.certificate + ": names no host (subjectAltName)");
    }
    for (const std::string& name : certificate.names) {
      if (!covers(leaf, name)) {
        problems.push_back(files.certificate + ": not good for the name " + name);
      }
      std::string key;
      for (const char c : std::string_view(name).substr(name.starts_with("*.") ? 1 : 0)) {
        key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
      if (!out_.by_name_.emplace(key, out_.certificates_.size()).second) {
        problems.push_back(files.certificate + ": another certificate is for " + name + " already");
      }
    }
  }

  void staple(Certificate& certificate, const CertificateFiles& files, X509& leaf) {
    if (files.ocsp.empty()) return;
    auto read = read_staple(files.ocsp, leaf, now_);
    if (!read) return problems.push_back(read.error());
    certificate.staple = std::move(read->der);
    certificate.staple_until = read->until;
  }

  TlsContext& out_;
  const WallTime now_;
};

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext::TlsContext(std::shared_ptr<TicketKeys> tickets) : tickets_(std::move(tickets)) {}

TlsContext::~TlsContext() = default;

std::expected<std::shared_ptr<const TlsContext>, std::vector<std::string>> TlsContext::load(
    const std::vector<CertificateFiles>& files, std::shared_ptr<TicketKeys> tickets, WallTime now) {
  ATOLL_CHECK(!files.empty());
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(tickets)));
  Loader loader(*context, now);
  for (const CertificateFiles& each : files) loader.add(each);
  if (!loader.problems.empty()) return std::unexpected(std::move(loader.problems));
  return context;
}

ssl_st* TlsContext::make_ssl() const {
  SSL* ssl = SSL_new(certificates_.front().context.get());
  if (ssl != nullptr) SSL_set_accept_state(ssl);
  return ssl;
}

size_t TlsContext::choose(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::array<char, 256> lower;
  if (host.size() >= lower.size()) return 0;
  for (size_t i = 0; i < host.size(); ++i) {
    const char c = host[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::string_view name(lower.data(), host.size());
  if (const auto exact = by_name_.find(name); exact != by_name_.end() && !name.starts_with('.')) {
    return exact->second;
  }
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return 0;
  const auto wildcard = by_name_.find(name.substr(dot));
  return wildcard != by_name_.end() ? wildcard->second : 0;
}

void TlsContext::use(ssl_st* ssl, size_t certificate) const {
  SSL_set_SSL_CTX(ssl, certificates_[certificate].context.get());
}

std::string_view TlsContext::staple(const ssl_st* ssl) const {
  const SSL_CTX* used = SSL_get_SSL_CTX(ssl);
  for (const Certificate& certificate : certificates_) {
    if (certificate.context.get() != used) continue;
    if (certificate.staple_until < std::time(nullptr)) return {};
    return certificate.staple;
  }
  return {};
}

}  // namespace atl::net
