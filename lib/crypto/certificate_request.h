#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "lib/crypto/digest.h"
#include "lib/crypto/private_key.h"

namespace atl::crypto {

// Far above what a P-256 request without attributes takes.
inline constexpr size_t kLargestRequest = 2048;

// A request that was checked: whoever sent it has the private half of its key. Nothing else of it
// is believed; who the key belongs to is decided by the one who signs.
struct CertificateRequest {
  std::shared_ptr<evp_pkey_st> key;  // public half
  Digest key_digest;                 // SHA-256 of SubjectPublicKeyInfo
};

// PKCS #10 (RFC 2986) in DER, with an empty subject, signed by the key.
std::string make_request(const PrivateKey& key);

// Any bytes. The error is a sentence without an end.
std::expected<CertificateRequest, const char*> read_request(std::string_view der);

}  // namespace atl::crypto
