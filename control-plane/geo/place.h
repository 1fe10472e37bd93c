#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "control-plane/geo/subnet_table.h"
#include "lib/geo/address.h"
#include "lib/geo/database.h"
#include "lib/geo/distance.h"

namespace atl::geo {

enum class Source : uint8_t {
  SubnetPop,    // the operator's table names a PoP
  SubnetPlace,  // the operator's table says where
  City,         // the database has coordinates
  Country,      // the database has the country; the place is its centroid
  Nowhere,      // nobody knows: private, reserved, or too new
};
std::string_view to_string(Source source);

// Where a client is, and who says so. Views live as long as what was asked.
struct Place {
  Source source = Source::Nowhere;
  std::optional<Coordinates> coordinates;
  std::string_view pop;  // SubnetPop
  std::string_view country;
  std::string_view city;
  // How many leading bits of the address (of 128, IPv4 mapped) the answer rests on.
  uint8_t prefix_length = 0;
};

// The operator's table first, then, for addresses of the public network, the databases in order,
// the first one that knows. Pure but for reading them; does not allocate.
Place locate(const Address& address, const SubnetTable& subnets,
             std::span<const std::shared_ptr<const Database>> databases);

}  // namespace atl::geo
