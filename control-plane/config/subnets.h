#pragma once

#include <vector>

#include "control-plane/config/config.h"
#include "control-plane/geo/subnet_table.h"
#include "lib/config/reader.h"

namespace atl::control {

// The operator's table, before every database:
//   [[subnet]]
//   prefix = "10.1.0.0/16"
//   pop = "fra"                                     or: latitude, longitude, and perhaps country
std::vector<geo::SubnetRule> read_subnets(config::Reader& reader,
                                          const std::vector<PopConfig>& pops);

}  // namespace atl::control
