#include "lib/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

namespace atl::crypto {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

Digest sha256(std::string_view message) {
  Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(message.data()), message.size(), digest.data());
  return digest;
}

bool equal(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::span<const uint8_t> bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

bool from_hex(std::string_view text, std::span<uint8_t> out) {
  if (text.size() != 2 * out.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t value = kDigits.find(text[i]);
    if (value == std::string_view::npos) return false;
    out[i / 2] = static_cast<uint8_t>(out[i / 2] << 4 | value);
  }
  return true;
}

std::optional<Digest> digest_from_hex(std::string_view text) {
  Digest digest;
  return from_hex(text, digest) ? std::optional(digest) : std::nullopt;
}

std::string sha1_hex(std::string_view message) {
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const uint8_t*>(message.data()), message.size(), digest.data());
  return to_hex(digest);
}

}  // namespace atl::crypto
