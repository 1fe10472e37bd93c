#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace atl::crypto {

// A key pair on the curve P-256 (FIPS 186-5), for ECDSA. Immutable; any thread; copies share it.
class PrivateKey {
 public:
  static PrivateKey generate();
  // The first private key in `pem`, not encrypted. The error is a sentence without an end.
  static std::expected<PrivateKey, const char*> from_pem(std::string_view pem);

  std::string to_pem() const;  // PKCS #8, not encrypted: a secret

  // For lib/crypto's own sources.
  evp_pkey_st* raw() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

// Whether it is a key of ours: on P-256. For lib/crypto's own sources.
bool is_p256(const evp_pkey_st* key);

}  // namespace atl::crypto
