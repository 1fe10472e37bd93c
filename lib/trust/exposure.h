#pragma once

#include <string_view>

namespace atl::trust {

// Whether only programs of this machine reach `endpoint` ("host:port"): 127.0.0.0/8, ::1 or
// "localhost". Names are not looked up; any other counts as reachable from elsewhere.
bool is_loopback(std::string_view endpoint);

}  // namespace atl::trust
