#pragma once

namespace atl::rpc {

// Sends what gRPC's core has to say to our log, at debug level: whoever calls gRPC reports what
// matters in its own words. Called once, by main(), after log_setup().
void route_grpc_log();

}  // namespace atl::rpc
