#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace atl::control {

// Each may do what those before it may.
enum class Role : uint8_t {
  Anyone,    // no token is needed
  Viewer,    // reads
  Operator,  // purges, drains, changes the configuration
  Admin,     // manages tokens, reads the audit log
};

// Whether the API asks for a token ([api] authentication).
enum class Authentication : uint8_t { Off, Required };

std::string_view to_string(Role role);
// "viewer", "operator" or "admin": what a token can have.
std::optional<Role> parse_role(std::string_view text);

}  // namespace atl::control
