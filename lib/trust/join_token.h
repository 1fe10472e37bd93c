#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lib/crypto/digest.h"

namespace atl::trust {

// What a new node shows once to get its certificate. It says nothing about the node: the control
// plane knows whom it was made for. A secret until it is used.
struct JoinToken {
  std::array<uint8_t, 32> secret{};
  // SHA-256 of the authority's certificate, so that the node knows the control plane when it sees
  // it for the first time.
  crypto::Digest authority{};
  bool operator==(const JoinToken&) const = default;
};

// "atoll-join-1.", the secret, ".", the fingerprint; both as lower-case hexadecimal digits.
std::string to_text(const JoinToken& token);

// Any bytes; white space around the token is passed over. The error is a sentence without an end,
// and has nothing of the token in it.
std::expected<JoinToken, const char*> parse_join_token(std::string_view text);

}  // namespace atl::trust
