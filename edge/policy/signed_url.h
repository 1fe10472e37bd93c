#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/crypto/hmac.h"

namespace atl::policy {

// A URL that its owner has signed, good until a moment (docs/cache-policy.md has the exact format):
//
//   PATH ? [QUERY &] Expires=SECONDS & Key-Id=NAME & Signature=BASE64URL
//
// These three are the last parameters, in this order. The signature is HMAC-SHA256 over every byte
// before "&Signature=", as they are sent: path, query, expiry and the key's name.
struct SigningKey {
  std::string id;
  crypto::HmacSha256 hmac;
};

enum class SignatureVerdict : uint8_t {
  Good,
  Missing,     // the last parameter is no Signature
  Malformed,   // something of the above is not as it must be
  UnknownKey,  // the behaviour does not accept this one
  Wrong,
  Expired,  // signed all the same
};
// For Cache-Status: "signature-wrong".
std::string_view to_string(SignatureVerdict verdict);

struct SignatureCheck {
  SignatureVerdict verdict = SignatureVerdict::Missing;
  // Good: the target without the three parameters, a view of the one that was checked.
  std::string_view target;
};

// Does not allocate. Compares in constant time, and says that a URL has expired only of one that is
// signed rightly.
SignatureCheck check_signature(std::string_view path_and_query, const std::vector<SigningKey>& keys,
                               WallTime now);

// The target without what makes it worth stealing, for logs: up to and with "Signature=".
std::string_view without_signature(std::string_view path_and_query);

}  // namespace atl::policy
