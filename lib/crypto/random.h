#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace atl::crypto {

// As many bytes from the system's generator for secrets, as lower-case hexadecimal digits, two for
// each. Nullopt: it has none to give, so there is no secret either.
std::optional<std::string> random_hex(size_t bytes);

}  // namespace atl::crypto
