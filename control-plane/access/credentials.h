#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lib/http/field.h"

namespace atl::control {

inline constexpr std::string_view kSessionCookie = "atoll_session";

// What a request shows to be let in. Views into its head.
struct Credentials {
  enum class Via : uint8_t { Nothing, Header, Cookie };
  Via via = Via::Nothing;
  std::string_view token;
};

// `Authorization: Bearer TOKEN` (RFC 6750 section 2.1), else the session cookie (RFC 6265 section
// 4.2). Other schemes of authorisation and other cookies are as if they were not there. The error,
// static text, is what is malformed.
std::expected<Credentials, const char*> find_credentials(http::Fields fields);

// b64token (RFC 6750 section 2.1), of at most 512 characters.
bool is_bearer_token(std::string_view text);

}  // namespace atl::control
