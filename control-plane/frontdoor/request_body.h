#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "control-plane/access/role.h"
#include "control-plane/fleet/purge.h"

// Bodies of requests, which may be any bytes. Pure; errors are sentences that say what to send. A
// member that means nothing is an error, so that a misspelt one is not overlooked.

namespace atl::control {

// POST /v1/purge. Whether the value makes sense is check_purge()'s to say.
std::expected<PurgeRequest, std::string> parse_purge_request(std::string_view body);

// POST /v1/tokens.
struct TokenRequest {
  std::string name;
  Role role = Role::Viewer;
  std::optional<std::chrono::seconds> lifetime;
};
std::expected<TokenRequest, std::string> parse_token_request(std::string_view body);

// POST /v1/session: the text of a bearer token.
std::expected<std::string, std::string> parse_session_request(std::string_view body);

}  // namespace atl::control
