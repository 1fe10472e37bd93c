#pragma once

#include <curl/curl.h>

#include "lib/rpc/failure.h"

namespace atl::origin {

struct HowFar {
  bool sent;       // the request went out
  bool head;       // the final head came
  bool timed_out;  // the system's own error says so
};

// What a transfer's result means for the exchange.
rpc::FailureReason reason_of(CURLcode result, HowFar far);

}  // namespace atl::origin
