#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/crypto/certificate_request.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/private_key.h"

// X.509 certificates (RFC 5280) as a small authority and those it knows need them. Text is PEM.
// Errors are sentences without an end.

namespace atl::crypto {

using Serial = std::array<uint8_t, 16>;  // the first bit is 0: serial numbers are positive

struct CertificateSpec {
  std::string uri;  // whose it is: the one URI of its subjectAltName
  std::string dns;  // another name beside it; empty: none
  Serial serial{};
  WallTime not_before;  // whole seconds count
  WallTime not_after;
};

struct CertificateInfo {
  std::string uri;  // empty if it has none, or several
  Serial serial{};
  WallTime not_before;
  WallTime not_after;
  Digest fingerprint{};  // SHA-256 of the DER form
};

// A certificate that signs others, and itself.
std::string make_root(const PrivateKey& key, const CertificateSpec& spec);

// For either end of TLS, and never to sign others. `root`: PEM, the issuer's, whose key `root_key`
// is.
std::expected<std::string, const char*> issue(const PrivateKey& root_key, std::string_view root,
                                              const CertificateRequest& request,
                                              const CertificateSpec& spec);

// Of the first certificate in `pem`, which may be any bytes. Nothing is verified.
std::expected<CertificateInfo, const char*> read_certificate(std::string_view pem);

// The certificate in `pem`, which may hold several, with that fingerprint, alone; empty: there is
// none.
std::string find_certificate(std::string_view pem, const Digest& fingerprint);

// Null: the first certificate in `pem` was signed by `root`, and `key` is its key. Times are not
// looked at.
const char* find_mismatch(std::string_view pem, const PrivateKey& key, std::string_view root);

}  // namespace atl::crypto
