#include "lib/trust/identity.h"

#include <algorithm>

namespace atl::trust {
namespace {

constexpr size_t kLongestName = 64;
constexpr std::string_view kPop = "atoll://pop/";
constexpr std::string_view kNode = "/node/";
constexpr std::string_view kOrigin = "atoll://origin/";
constexpr std::string_view kControl = "atoll://control/";

std::optional<Identity> named(Kind kind, std::string_view name) {
  if (!is_name(name)) return std::nullopt;
  return Identity{.kind = kind, .pop = {}, .name = std::string(name)};
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string to_uri(const Identity& identity) {
  switch (identity.kind) {
    case Kind::Edge:
      return std::string(kPop).append(identity.pop).append(kNode).append(identity.name);
    case Kind::Origin:
      return std::string(kOrigin).append(identity.name);
    case Kind::Control:
      return std::string(kControl).append(identity.name);
  }
  return {};
}

std::string pop_uri(std::string_view pop) { return std::string(kPop).append(pop); }

std::optional<Identity> parse_identity(std::string_view uri) {
  if (uri.starts_with(kOrigin)) return named(Kind::Origin, uri.substr(kOrigin.size()));
  if (uri.starts_with(kControl)) return named(Kind::Control, uri.substr(kControl.size()));
  if (!uri.starts_with(kPop)) return std::nullopt;
  const std::string_view rest = uri.substr(kPop.size());
  const size_t end = rest.find('/');
  if (end == std::string_view::npos || !rest.substr(end).starts_with(kNode)) return std::nullopt;
  const std::string_view pop = rest.substr(0, end);
  auto identity = named(Kind::Edge, rest.substr(end + kNode.size()));
  if (!identity || !is_name(pop)) return std::nullopt;
  identity->pop = pop;
  return identity;
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::Edge:
      return "edge";
    case Kind::Origin:
      return "origin";
    case Kind::Control:
      return "control";
  }
  return "edge";
}

}  // namespace atl::trust
