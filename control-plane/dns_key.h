#pragma once

#include <string>

namespace atl::control {

// `atoll-control dns-key`: makes the key in the file `path` unless it is there, and prints what the
// zone above has to be told. Returns the exit status.
int run_dns_key(const std::string& zone, const std::string& path);

}  // namespace atl::control
