#pragma once

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"

// Certificate files as OpenSSL objects. For lib/net's own sources. Errors are sentences that begin
// with the file's name.

namespace atl::net {

struct FreeOpenssl {
  void operator()(X509* object) const { X509_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(STACK_OF(X509) * object) const { sk_X509_pop_free(object, X509_free); }
};
using CertificatePtr = std::unique_ptr<X509, FreeOpenssl>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using ChainPtr = std::unique_ptr<STACK_OF(X509), FreeOpenssl>;

struct CertificateChain {
  CertificatePtr leaf;
  ChainPtr rest;  // what leads to a root
};

struct Staple {
  std::string der;
  int64_t until;  // nextUpdate, Unix time in seconds; the far future if it has none
};

// Also an error: not valid at `now`.
std::expected<CertificateChain, std::string> read_chain(const std::string& path, WallTime now);
// Also an error: encrypted.
std::expected<KeyPtr, std::string> read_key(const std::string& path);
// Also an error: not "good", not about `leaf`, or outdated at `now`.
std::expected<Staple, std::string> read_staple(const std::string& path, X509& leaf, WallTime now);

// The DNS names of the certificate (RFC 6125 section 6.4.4: subjectAltName only), lower case.
std::vector<std::string> dns_names(X509& leaf);
// Whether it is good for the name, which may be a wildcard.
bool covers(X509& leaf, std::string_view name);

// Why OpenSSL failed last on this thread, as static text, or `otherwise`. Empties its queue.
const char* take_openssl_error(const char* otherwise);

}  // namespace atl::net
