#include "lib/crypto/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <string_view>
#include <vector>

namespace atl::crypto {

std::optional<std::string> random_hex(size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<unsigned char> raw(bytes);
  if (RAND_bytes(raw.data(), static_cast<int>(raw.size())) != 1) return std::nullopt;
  std::string out;
  for (const unsigned char byte : raw) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  OPENSSL_cleanse(raw.data(), raw.size());
  return out;
}

}  // namespace atl::crypto
