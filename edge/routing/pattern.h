#pragma once

#include <string_view>

namespace atl::edge {

// "*" stands for any run of characters, the empty one too, "?" for exactly one. Linear in practice,
// length(pattern) * length(text) at worst; never allocates.
bool pattern_matches(std::string_view pattern, std::string_view text);

}  // namespace atl::edge
