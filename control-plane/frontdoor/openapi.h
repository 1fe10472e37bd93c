#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "control-plane/frontdoor/endpoint.h"

namespace atl::control {

// The table as an OpenAPI 3.1 document. Pure.
nlohmann::ordered_json openapi_document(std::span<const Endpoint> table, std::string_view version);

}  // namespace atl::control
