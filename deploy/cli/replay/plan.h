#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/cli/api.h"
#include "lib/base/outcome.h"

namespace atl::cli {

struct Pop {
  std::string name;
  std::vector<std::string> endpoints;  // "host:port"; at least one
};

// Who asks, and where it is sent. Without a control plane there is one client for each PoP.
struct Client {
  std::string address;  // textual IP; empty when nobody was asked
  size_t pop = 0;       // index in Plan::pops
};

// Where the requests of a replay go. Immutable once made; read by every driver thread.
struct Plan {
  std::vector<Pop> pops;
  std::vector<Client> clients;
};

struct Destination {
  size_t pop = 0;
  std::string_view endpoint;  // lives as long as the plan
};

// The client that sends row `row`, and from it PoP and node: a function of row and seed alone, so
// that two runs with the same plan send the same requests to the same PoPs, whatever the timing.
Destination assign(const Plan& plan, uint64_t row, uint64_t seed);

// "fra=127.0.1.1:8080", each PoP once or repeated for its nodes.
Outcome<Plan> plan_from_pops(const std::vector<std::string>& definitions);

// Asks the control plane for the PoP of each address.
Outcome<Plan> plan_from_control(const Api& control, const std::vector<std::string>& addresses);

// One address per line; '#' begins a comment.
Outcome<std::vector<std::string>> read_client_file(const std::string& path);

// Addresses in blocks of consumer networks of sixteen countries on six continents, so that each PoP
// of a world-wide fleet is nearest to somebody.
std::vector<std::string> default_clients();

}  // namespace atl::cli
