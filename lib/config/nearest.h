#pragma once

#include <span>
#include <string>
#include <string_view>

namespace atl::config {

// The candidate that somebody who typed `word` probably meant; empty when none is close.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace atl::config
