#include <algorithm>
#include <string>
#include <string_view>

#include "control-plane/config/config.h"
#include "lib/geo/address.h"

namespace atl::control {

dns::PopAddresses pop_addresses(const PopConfig& pop) {
  dns::PopAddresses addresses;
  for (const std::string_view endpoint : pop.endpoints) {
    std::string_view host = endpoint.substr(0, endpoint.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = geo::parse_address(host);
    if (!address) continue;  // a name
    const auto* octets = reinterpret_cast<const char*>(address->bytes.data());
    auto& family = address->is_v4() ? addresses.v4 : addresses.v6;
    std::string data = address->is_v4() ? std::string(octets + 12, 4) : std::string(octets, 16);
    if (std::find(family.begin(), family.end(), data) == family.end()) {
      family.push_back(std::move(data));
    }
  }
  return addresses;
}

}  // namespace atl::control
