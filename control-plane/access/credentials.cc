#include "control-plane/access/credentials.h"

#include <algorithm>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::control {
namespace {

constexpr size_t kLongestToken = 512;
constexpr std::string_view kScheme = "bearer";

bool is_token_char(char c) {
  const char lower = http::to_lower(c);
  return (lower >= 'a' && lower <= 'z') || http::is_digit(c) ||
         std::string_view("-._~+/").find(c) != std::string_view::npos;
}

// The value of the first cookie of that name; empty without one.
std::string_view cookie(std::string_view pairs, std::string_view name) {
  while (!pairs.empty()) {
    const size_t end = pairs.find(';');
    const std::string_view pair = http::trim_ows(pairs.substr(0, end));
    pairs.remove_prefix(end == std::string_view::npos ? pairs.size() : end + 1);
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

}  // namespace

bool is_bearer_token(std::string_view text) {
  if (text.size() > kLongestToken) return false;
  const size_t padding = std::min(text.find('='), text.size());
  return padding > 0 && std::all_of(text.begin(), text.begin() + padding, is_token_char) &&
         text.find_first_not_of('=', padding) == std::string_view::npos;
}

std::expected<Credentials, const char*> find_credentials(http::Fields fields) {
  if (http::count(fields, "authorization") > 1) {
    return std::unexpected("there is more than one Authorization");
  }
  if (const auto value = http::value_of(fields, "authorization")) {
    const size_t space = std::min(value->find(' '), value->size());
    if (http::equal_ignore_case(value->substr(0, space), kScheme)) {
      std::string_view token = value->substr(space);
      token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
      if (!is_bearer_token(token)) return std::unexpected("this is not a bearer token");
      return Credentials{Credentials::Via::Header, token};
    }
  }
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "cookie")) continue;
    const std::string_view token = cookie(field.value, kSessionCookie);
    if (is_bearer_token(token)) return Credentials{Credentials::Via::Cookie, token};
  }
  return Credentials{};
}

}  // namespace atl::control
