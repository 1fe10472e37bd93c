#include "lib/crypto/private_key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <array>

#include "lib/base/check.h"
#include "lib/crypto/openssl_handles.h"

namespace atl::crypto {

bool is_p256(const evp_pkey_st* key) {
  std::array<char, 64> group{};
  size_t size = 0;
  return key != nullptr && EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == SN_X9_62_prime256v1;
}

PrivateKey PrivateKey::generate() {
  std::shared_ptr<evp_pkey_st> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  ATOLL_CHECK(key != nullptr);
  return PrivateKey(std::move(key));
}

std::expected<PrivateKey, const char*> PrivateKey::from_pem(std::string_view pem) {
  std::shared_ptr<evp_pkey_st> key(
      PEM_read_bio_PrivateKey(bio_over(pem).get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) return std::unexpected("no private key in PEM format, or an encrypted one");
  if (!is_p256(key.get())) return std::unexpected("the private key is not on the curve P-256");
  return PrivateKey(std::move(key));
}

std::string PrivateKey::to_pem() const {
  const Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  ATOLL_CHECK(bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr,
                                                              nullptr, 0, nullptr, nullptr) == 1);
  return bytes_of(bio.get());
}

}  // namespace atl::crypto
