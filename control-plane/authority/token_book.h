#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <mutex>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/crypto/digest.h"
#include "lib/trust/identity.h"

namespace atl::control {

// Join tokens that were given out: a file for each, named by the SHA-256 of the token's secret,
// which itself is kept nowhere. Whoever redeems, or makes tokens void, holds the authority's lock;
// others may make tokens meanwhile. Any thread.
class TokenBook {
 public:
  using Secret = std::array<uint8_t, 32>;

  explicit TokenBook(std::string directory) : directory_(std::move(directory)) {}

  // Durable before it returns. The error is a sentence.
  std::expected<Secret, std::string> make(const trust::Identity& whose,
                                          std::chrono::milliseconds life, WallTime now);

  // Null: the holder of the key with that digest is `who`, and the token is its from now on: nobody
  // else may show it, the same key may again until it expires. Otherwise why not, as a sentence
  // without an end, and nothing has changed. Durable before it returns.
  const char* redeem(const Secret& secret, const trust::Identity& who,
                     const crypto::Digest& key_digest, WallTime now);

  // Those made until now for `uri`, an identity's or trust::pop_uri(), let nobody in any more,
  // whether used or not: a used one could be shown once more. Durable before it returns. The error
  // is a sentence.
  std::expected<void, std::string> make_void(std::string_view uri);

 private:
  std::string path_of(const Secret& secret) const;
  void forget_old(WallTime now) const;

  const std::string directory_;
  std::mutex mutex_;
};

// Where the authority's directory has its tokens.
std::string tokens_of(const std::string& directory);

}  // namespace atl::control
