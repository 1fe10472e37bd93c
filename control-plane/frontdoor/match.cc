#include <optional>

#include "control-plane/frontdoor/endpoint.h"

namespace atl::control {
namespace {

// What stands in place of {…}: nullopt if the path is not of that form.
std::optional<std::string_view> argument_of(std::string_view pattern, std::string_view path) {
  const size_t open = pattern.find('{');
  if (open == std::string_view::npos) {
    return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  }
  const std::string_view after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= open + after.size() || !path.starts_with(pattern.substr(0, open)) ||
      !path.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view argument = path.substr(open, path.size() - open - after.size());
  return argument.find('/') == std::string_view::npos ? std::optional(argument) : std::nullopt;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Post:
      return "POST";
    case Method::Delete:
      return "DELETE";
  }
  return "GET";
}

Match match(std::span<const Endpoint> table, std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  Match match;
  for (const Endpoint& endpoint : table) {
    const auto argument = argument_of(endpoint.path, path);
    if (!argument) continue;
    if (to_string(endpoint.method) == method) return {&endpoint, *argument, {}};
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += endpoint.method == Method::Get ? "GET, HEAD" : to_string(endpoint.method);
  }
  return match;
}

}  // namespace atl::control
