#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atl::crypto {

using Digest = std::array<uint8_t, 32>;

// SHA-256 (FIPS 180-4). For what has to be hidden, only of inputs that nobody can guess: it is
// fast.
Digest sha256(std::string_view message);

// In a time that does not depend on what is in them.
bool equal(const Digest& a, const Digest& b);

// 64 lower-case hexadecimal digits, and back; nullopt for anything else.
std::string to_hex(const Digest& digest);
std::optional<Digest> digest_from_hex(std::string_view text);

}  // namespace atl::crypto
