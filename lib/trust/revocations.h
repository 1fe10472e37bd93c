#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"

namespace atl::trust {

// No certificate of longer life is ever issued, so a revocation may be forgotten after this.
inline constexpr std::chrono::hours kLongestLife{90 * 24};

// Certificates of `uri`, an identity's or a pop_uri(), that were issued at or before `until` are
// refused. Later ones are not: a node that was removed may come back with a new token.
struct Revocation {
  std::string uri;
  WallTime until;
  bool operator==(const Revocation&) const = default;
};
using Revocations = std::vector<Revocation>;  // each URI once

// Whether a revocation of `revoked` is one of `identity` too: the same URI, or that of its PoP.
bool covers(std::string_view revoked, std::string_view identity);

bool is_revoked(const Revocations& list, std::string_view uri, WallTime issued);

// Adds one, or moves the one that is there; forgets those that nobody can use any more.
void revoke(Revocations& list, std::string_view uri, WallTime until);

// As a file: a line "atoll-revocations-1", then one "MILLISECONDS URI" each.
std::string to_text(const Revocations& list);
// Any bytes. The error is a sentence without an end.
std::expected<Revocations, const char*> parse_revocations(std::string_view text);

}  // namespace atl::trust
