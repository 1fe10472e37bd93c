#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace atl::crypto {

// Unpredictable bytes, from the system's generator for secrets. Any thread. False: it has none to
// give, and `out` is of no use.
[[nodiscard]] bool fill_random(std::span<uint8_t> out);

// As many of them as lower-case hexadecimal digits, two for each. Nullopt: there are none, so there
// is no secret either.
std::optional<std::string> random_hex(size_t bytes);

}  // namespace atl::crypto
