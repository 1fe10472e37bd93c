#pragma once

#include <optional>
#include <string>
#include <vector>

namespace atl::control {

// Where others can look at a node: an endpoint of its PoP's configuration at which the node says
// that it listens, with a numeric address. No other address is ever asked, so that nobody makes us
// connect to where the operator did not say. A node that listens on every address of its machine
// is at the endpoint with its port, if it is the PoP's `only` one. nullopt: nobody knows. Pure.
std::optional<std::string> reachable_at(const std::vector<std::string>& listens,
                                        const std::vector<std::string>& endpoints, bool only);

}  // namespace atl::control
