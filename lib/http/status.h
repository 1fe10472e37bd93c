#pragma once

#include <cstdint>
#include <string_view>

namespace atl::http {

// The reason phrase the registry gives a status code; empty for an unknown one.
std::string_view reason_phrase(uint16_t status);

}  // namespace atl::http
