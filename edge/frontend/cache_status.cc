#include "edge/frontend/cache_status.h"

namespace atl::edge {

std::string_view to_string(Forward forward) {
  switch (forward) {
    case Forward::Hit:
      return "hit";
    case Forward::Refused:
      return "refused";
    case Forward::Bypass:
      return "bypass";
    case Forward::Method:
      return "method";
    case Forward::Miss:
      return "miss";
    case Forward::VaryMiss:
      return "vary-miss";
    case Forward::Request:
      return "request";
    case Forward::Stale:
      return "stale";
    case Forward::Partial:
      return "partial";
  }
  return "miss";
}

void add_cache_status(LineBuffer& out, std::string_view name, const CacheStatus& status) {
  out.add("Cache-Status: ");
  out.add(name);
  if (status.forward == Forward::Hit) {
    out.add("; hit");
  } else if (status.forward != Forward::Refused) {
    out.add("; fwd=");
    out.add(to_string(status.forward));
    if (status.forward_status != 0) {
      out.add("; fwd-status=");
      out.add(int64_t{status.forward_status});
    }
  }
  if (status.ttl) {
    out.add("; ttl=");
    out.add(int64_t{status.ttl->count()});
  }
  if (status.stored) out.add("; stored");
  if (status.collapsed) out.add("; collapsed");
  if (!status.detail.empty()) {
    out.add("; detail=");
    out.add(status.detail);
  }
  out.end_line();
}

void add_age(LineBuffer& out, std::chrono::seconds age) {
  out.add("Age: ");
  out.add(int64_t{age.count()});
  out.end_line();
}

}  // namespace atl::edge
