#pragma once

#include <expected>
#include <string>

#include "lib/trust/identity.h"
#include "lib/trust/revocations.h"

namespace atl::control {

// Who was removed, as the authority's directory has it. Blocking. Errors are sentences.

std::expected<trust::Revocations, std::string> read_revocations(const std::string& directory);

// Certificates issued to `identity` until now are refused from now on. Durable before it returns.
std::expected<void, std::string> revoke_identity(const std::string& directory,
                                                 const trust::Identity& identity, WallTime now);

}  // namespace atl::control
