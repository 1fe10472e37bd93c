#pragma once

#include <nlohmann/json_fwd.hpp>

namespace atl::control {

// What requests and answers of the API look like, by name, as JSON Schema. Endpoints name them
// (endpoint.h); the answers themselves are made in api.cc, live_json.cc and token_api.cc, and a
// test holds them to what stands here.
nlohmann::ordered_json schemas();

}  // namespace atl::control
