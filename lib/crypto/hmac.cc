// The low-level SHA-256 of OpenSSL: the one interface of its that can start from a state computed
// before, on the stack. EVP allocates for every message.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "lib/crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace atl::crypto {
namespace {

constexpr size_t kBlock = SHA256_CBLOCK;  // bytes

// RFC 2104: the state after the key, padded to a block and mixed with `pad`.
SHA256_CTX begin(const std::array<uint8_t, kBlock>& key, uint8_t pad) {
  std::array<uint8_t, kBlock> block = key;
  for (uint8_t& byte : block) byte ^= pad;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return context;
}

}  // namespace

struct HmacSha256::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
  ~State() {
    OPENSSL_cleanse(&inner, sizeof inner);
    OPENSSL_cleanse(&outer, sizeof outer);
  }
};

HmacSha256::HmacSha256(std::string_view key) {
  std::array<uint8_t, kBlock> block{};
  if (key.size() > block.size()) {
    SHA256(reinterpret_cast<const uint8_t*>(key.data()), key.size(), block.data());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  auto state = std::make_shared<State>();
  state->inner = begin(block, 0x36);
  state->outer = begin(block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
  state_ = std::move(state);
}

Digest HmacSha256::of(std::string_view message) const {
  Digest digest;
  SHA256_CTX context = state_->inner;
  SHA256_Update(&context, message.data(), message.size());
  SHA256_Final(digest.data(), &context);
  context = state_->outer;
  SHA256_Update(&context, digest.data(), digest.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

}  // namespace atl::crypto
