#include "origin/stats/counters.h"

#include <algorithm>

namespace atl::origin {

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::Informed:
      return "2xx";
    case Ending::Redirected:
      return "3xx";
    case Ending::ClientError:
      return "4xx";
    case Ending::ServerError:
      return "5xx";
    case Ending::Failed:
      return "failed";
    case Ending::CutOff:
      return "cut-off";
    case Ending::Abandoned:
      return "abandoned";
  }
  return "";
}

Ending ending_of(uint16_t status) {
  if (status < 300) return Ending::Informed;
  if (status < 400) return Ending::Redirected;
  return status < 500 ? Ending::ClientError : Ending::ServerError;
}

void SourceCounters::head_after(std::chrono::nanoseconds time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time);
  const auto bound = std::ranges::lower_bound(kBounds, us);
  head_times[static_cast<size_t>(bound - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
  head_time_sum_us.fetch_add(static_cast<uint64_t>(std::max<int64_t>(0, us.count())),
                             std::memory_order_relaxed);
}

}  // namespace atl::origin
