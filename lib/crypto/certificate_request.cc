#include "lib/crypto/certificate_request.h"

#include "lib/base/check.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/openssl_handles.h"

namespace atl::crypto {
namespace {

Digest digest_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  ATOLL_CHECK(size > 0);
  const Digest digest = sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return digest;
}

}  // namespace

std::string make_request(const PrivateKey& key) {
  const Owned<X509_REQ> request(X509_REQ_new());
  ATOLL_CHECK(request != nullptr && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
              X509_REQ_set_pubkey(request.get(), key.raw()) == 1 &&
              X509_REQ_sign(request.get(), key.raw(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  ATOLL_CHECK(size > 0);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::expected<CertificateRequest, const char*> read_request(std::string_view der) {
  if (der.size() > kLargestRequest) return std::unexpected("the request is too long");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const Owned<X509_REQ> request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (request == nullptr || at != end) {
    return std::unexpected("it is not a certificate request in DER format");
  }
  CertificateRequest out;
  out.key.reset(X509_REQ_get_pubkey(request.get()), EVP_PKEY_free);
  ERR_clear_error();
  if (!is_p256(out.key.get())) return std::unexpected("the key is not on the curve P-256");
  const bool signed_by_it = X509_REQ_verify(request.get(), out.key.get()) == 1;
  ERR_clear_error();
  if (!signed_by_it) return std::unexpected("the request is not signed by its own key");
  out.key_digest = digest_of(out.key.get());
  return out;
}

}  // namespace atl::crypto
