#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace atl::crypto {

using Digest = std::array<uint8_t, 32>;

// SHA-256 (FIPS 180-4). For what has to be hidden, only of inputs that nobody can guess: it is
// fast.
Digest sha256(std::string_view message);

// In a time that does not depend on what is in them.
bool equal(const Digest& a, const Digest& b);

// Two lower-case hexadecimal digits for each byte.
std::string to_hex(std::span<const uint8_t> bytes);
// And back. False, and `out` is of no use: not exactly the digits that fill it.
[[nodiscard]] bool from_hex(std::string_view text, std::span<uint8_t> out);
// Nullopt: not 64 of them.
std::optional<Digest> digest_from_hex(std::string_view text);

// SHA-1, in lower-case hexadecimal: only where another program's protocol wants it as a name. It
// proves nothing.
std::string sha1_hex(std::string_view message);

}  // namespace atl::crypto
