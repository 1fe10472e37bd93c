#include "edge/frontend/journal.h"

#include "edge/policy/signed_url.h"

namespace atl::edge {

void Journal::write(const Exchange& exchange, const Account& account, WallTime now) {
  counters_.count(account.outcome);
  counters_.bytes_out.add(account.sent.bytes);
  if (account.from_cache) counters_.bytes_from_cache.add(account.sent.bytes);
  if (account.aborted) counters_.aborted.add();
  switch (account.outcome) {
    case Outcome::Hit:
    case Outcome::Stale:
      counters_.ttfb_hit.add(account.ttfb);
      break;
    case Outcome::Revalidated:
    case Outcome::Miss:
    case Outcome::Collapsed:
    case Outcome::Bypass:
      counters_.ttfb_miss.add(account.ttfb);
      break;
    case Outcome::Error:
    case Outcome::Refused:
      break;
  }
  if (access_ == nullptr) return;
  access_->push({.time = now,
                 .client = exchange.responder.client_address(),
                 .method = exchange.head.method,
                 .host = exchange.head.authority,
                 .path = policy::without_signature(exchange.head.path_and_query),
                 .status = account.sent.status,
                 .bytes = account.sent.bytes,
                 .outcome = account.outcome,
                 .reason = account.reason,
                 .ttfb = account.ttfb,
                 .aborted = account.aborted});
}

}  // namespace atl::edge
