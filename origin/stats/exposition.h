#pragma once

#include <string>

#include "origin/stats/counted_service.h"

namespace atl::origin {

// Prometheus text format.
std::string write_metrics(CountedService& service);

}  // namespace atl::origin
