#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/trust/revocations.h"

namespace atl::control {

// Who was removed, as the authority's directory has it. Blocking. Errors are sentences.

std::expected<trust::Revocations, std::string> read_revocations(const std::string& directory);

// Certificates issued to `uri`, an identity's or trust::pop_uri(), until now are refused from now
// on, and so are join tokens that were made for it. Durable before it returns; after an error all
// of it may be asked for again.
std::expected<void, std::string> revoke(const std::string& directory, std::string_view uri,
                                        WallTime now);

}  // namespace atl::control
