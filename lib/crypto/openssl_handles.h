#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

// Who frees what OpenSSL gives, and how it is given bytes. Private to lib/crypto.

namespace atl::crypto {

struct FreeOpenssl {
  void operator()(BIO* object) const { BIO_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(X509* object) const { X509_free(object); }
  void operator()(X509_REQ* object) const { X509_REQ_free(object); }
  void operator()(X509_EXTENSION* object) const { X509_EXTENSION_free(object); }
  void operator()(GENERAL_NAMES* object) const { GENERAL_NAMES_free(object); }
  void operator()(BIGNUM* object) const { BN_free(object); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeOpenssl>;

// The BIO refers to `bytes`.
inline Owned<BIO> bio_over(std::string_view bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// For what claims to be encrypted: nobody is there to type it.
inline int no_passphrase(char*, int, int, void*) { return -1; }

inline std::string bytes_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace atl::crypto
