#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atl::control {

// "/v1/route?ip=..." in its two parts, without the '?'.
struct Target {
  std::string_view path;
  std::string_view query;
};
Target split_target(std::string_view path_and_query);

// Whether the text may stand in a Location: what else comes was never in a valid request target.
bool is_target(std::string_view text);

// The decoded value of the first parameter of that name ("%41", "+" for a space). Nullopt: there is
// none, or its encoding is broken.
std::optional<std::string> parameter(std::string_view query, std::string_view name);

// The host of an authority: lower case, without port, brackets or a trailing dot. Empty for none.
std::string host_of(std::string_view authority);

}  // namespace atl::control
