#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/http/field.h"

namespace atl::origin {

// All values of a field as one comma-separated list (RFC 9110 section 5.3); absent: no such field.
std::optional<std::string> combined_value(http::Fields fields, std::string_view name);
// Likewise, of a field block that lib/rpc/field_check.h has checked.
std::optional<std::string> combined_value(std::string_view block, std::string_view name);

// The end-to-end part of a field section, in order, as a block.
std::string end_to_end(http::Fields fields);

}  // namespace atl::origin
