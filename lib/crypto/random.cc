#include "lib/crypto/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <vector>

#include "lib/crypto/digest.h"

namespace atl::crypto {

bool fill_random(std::span<uint8_t> out) {
  return RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
}

std::optional<std::string> random_hex(size_t bytes) {
  std::vector<uint8_t> raw(bytes);
  if (!fill_random(raw)) return std::nullopt;
  std::string out = to_hex(raw);
  OPENSSL_cleanse(raw.data(), raw.size());
  return out;
}

}  // namespace atl::crypto
