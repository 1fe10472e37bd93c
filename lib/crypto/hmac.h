#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace atl::crypto {

using Digest = std::array<uint8_t, 32>;

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

// In a time that does not depend on what is in them.
bool equal(const Digest& a, const Digest& b);

}  // namespace atl::crypto
