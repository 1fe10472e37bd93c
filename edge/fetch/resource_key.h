#pragma once

#include <string>
#include <string_view>

#include "edge/routing/route_table.h"

namespace atl::edge {

// The primary key under which the answer to a GET for this target is stored, into `key`: with the
// query as the target's own behaviour has it in the key, and the distribution's canonical host. For
// purges and invalidations; a request's own key is made from its RequestShape. False: nothing is
// ever stored for it (policy::Pieces::kMost).
bool resource_key(const Distribution& distribution, std::string_view authority,
                  std::string_view path_and_query, std::string& key);

}  // namespace atl::edge
