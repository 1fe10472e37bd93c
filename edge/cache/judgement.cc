#include "edge/cache/judgement.h"

namespace atl::cache {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Fresh:
      return "fresh";
    case Verdict::StaleUsable:
      return "stale-usable";
    case Verdict::MustRevalidate:
      return "must-revalidate";
    case Verdict::Unusable:
      return "unusable";
  }
  return "unknown";
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Fresh:
      return "fresh";
    case Reason::Expired:
      return "expired";
    case Reason::RequestNoCache:
      return "request-no-cache";
    case Reason::RequestMaxAge:
      return "request-max-age";
    case Reason::RequestMinFresh:
      return "request-min-fresh";
    case Reason::RequestMaxStale:
      return "request-max-stale";
    case Reason::ResponseNoCache:
      return "response-no-cache";
    case Reason::StaleWhileRevalidate:
      return "stale-while-revalidate";
    case Reason::Purged:
      return "purged";
  }
  return "unknown";
}

}  // namespace atl::cache
