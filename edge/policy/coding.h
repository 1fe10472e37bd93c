#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/http/field.h"

namespace atl::policy {

enum class Coding : uint8_t { Identity, Gzip, Brotli, Zstd };

// As in Content-Encoding (RFC 9110 section 8.4.1, RFC 7932, RFC 8878): "br"; "identity" for none.
std::string_view token_of(Coding coding);
std::optional<Coding> parse_coding(std::string_view token);  // of the ones above

// Which of `offered` (in order of preference) the client likes best, by Accept-Encoding (RFC 9110
// section 12.5.3); of equal weights the first offered. Identity when it accepts none of them, or
// does not say. A malformed weight counts as none: the coding is not used. Does not allocate.
Coding choose_coding(http::Fields fields, std::span<const Coding> offered);

}  // namespace atl::policy
