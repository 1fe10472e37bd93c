#pragma once

#include <memory>
#include <string_view>

#include "lib/crypto/digest.h"

namespace atl::crypto {

// HMAC-SHA256 (RFC 2104, FIPS 180-4) under one key, whose two inner states are computed once.
// Immutable; any thread. Copies share the key.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);

  // Does not allocate.
  Digest of(std::string_view message) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;  // wiped when the last copy goes
};

}  // namespace atl::crypto
