#include "lib/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "lib/base/log.h"

namespace atl::rpc {

void route_grpc_log() {
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function([](gpr_log_func_args* args) { log_debug("grpc: {}", args->message); });
}

}  // namespace atl::rpc
