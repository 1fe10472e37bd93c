#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control-plane/frontdoor/reply.h"

namespace atl::control {

// An OpenAPI document of ours as one page without scripts that loads nothing. Pure.
Reply docs_page(const nlohmann::ordered_json& document);

// Text as it stands between tags and in quoted attributes of HTML.
std::string escape_html(std::string_view text);

}  // namespace atl::control
