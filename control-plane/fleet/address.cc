#include "control-plane/fleet/address.h"

#include <algorithm>
#include <string_view>

#include "lib/geo/address.h"

namespace atl::control {
namespace {

struct Parts {
  std::string_view host;
  std::string_view port;
};

Parts split(std::string_view endpoint) {
  const size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return {endpoint, {}};
  std::string_view host = endpoint.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, endpoint.substr(colon + 1)};
}

bool matches(const std::string& listen, const std::string& endpoint, bool only) {
  const Parts here = split(listen);
  const Parts there = split(endpoint);
  const auto address = geo::parse_address(there.host);
  const auto bound = geo::parse_address(here.host);
  if (!address || !bound || here.port != there.port) return false;
  const bool anywhere = here.host == "0.0.0.0" || here.host == "::";
  return anywhere ? only : *address == *bound;
}

}  // namespace

std::optional<std::string> reachable_at(const std::vector<std::string>& listens,
                                        const std::vector<std::string>& endpoints, bool only) {
  for (const std::string& listen : listens) {
    const auto found =
        std::find_if(endpoints.begin(), endpoints.end(),
                     [&](const std::string& endpoint) { return matches(listen, endpoint, only); });
    if (found != endpoints.end()) return *found;
  }
  return std::nullopt;
}

}  // namespace atl::control
