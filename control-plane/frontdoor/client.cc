#include "control-plane/frontdoor/client.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::control {
namespace {

bool trusted(const geo::Address& address, const ClientRules& rules) {
  return std::any_of(rules.trusted_proxies.begin(), rules.trusted_proxies.end(),
                     [&](const geo::Prefix& prefix) { return prefix.contains(address); });
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711": all of them are seen.
std::optional<geo::Address> parse_node(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    return close == std::string_view::npos ? std::nullopt
                                           : geo::parse_address(text.substr(1, close - 1));
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    text = text.substr(0, colon);
  }
  return geo::parse_address(text);
}

// The list of all lines, in order; what nobody could have meant as an address ends it from the
// left.
std::vector<std::string_view> forwarded_for(http::Fields fields) {
  std::vector<std::string_view> members;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "x-forwarded-for")) continue;
    http::ListReader list(field.value);
    while (const auto member = list.next()) members.push_back(*member);
  }
  return members;
}

}  // namespace

std::expected<Client, std::string> find_client(std::string_view peer, http::Fields fields,
                                               const ClientRules& rules) {
  if (rules.allow_override) {
    if (const auto text = http::value_of(fields, "x-atoll-client-ip")) {
      const auto address = geo::parse_address(*text);
      if (!address) return std::unexpected("X-Atoll-Client-IP is not an IP address");
      return Client{*address, "x-atoll-client-ip"};
    }
  }
  const auto socket = geo::parse_address(peer);
  if (!socket) return std::unexpected("the address of the client is not known");
  Client client{*socket, "socket"};
  const std::vector<std::string_view> members = forwarded_for(fields);
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (!trusted(client.address, rules)) break;
    const auto address = parse_node(*member);
    if (!address) break;  // said by a proxy we trust, but no address: the last good one stands
    client = {*address, "x-forwarded-for"};
  }
  return client;
}

bool spoke_tls(std::string_view peer, http::Fields fields, const ClientRules& rules) {
  const auto socket = geo::parse_address(peer);
  const auto protocol = http::value_of(fields, "x-forwarded-proto");
  return socket && protocol && trusted(*socket, rules) &&
         http::equal_ignore_case(*protocol, "https");
}

}  // namespace atl::control
