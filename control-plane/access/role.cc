#include "control-plane/access/role.h"

namespace atl::control {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::Anyone:
      return "anyone";
    case Role::Viewer:
      return "viewer";
    case Role::Operator:
      return "operator";
    case Role::Admin:
      return "admin";
  }
  return "anyone";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::Viewer, Role::Operator, Role::Admin}) {
    if (to_string(role) == text) return role;
  }
  return std::nullopt;
}

}  // namespace atl::control
