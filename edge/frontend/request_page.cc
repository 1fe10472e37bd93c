// Request: a page in place of an error (docs/cache-policy.md).

#include "edge/cache/judgement.h"
#include "edge/frontend/forward_plan.h"
#include "edge/frontend/request.h"

namespace atl::edge {

const ErrorPage* Request::page_for(uint16_t status) const {
  // Another edge puts its own page in place of the error.
  const bool wanted = asks_cache(exchange().head) && inquiry_.page == nullptr && !exchange().peer;
  return wanted ? inquiry_.route.distribution->error_page(status) : nullptr;
}

void Request::run_page(const ErrorPage& page) {
  if (turn_to_page(page, {}) == Next::More) run();
}

// `why`: there was no answer at all.
Request::Next Request::turn_to_page(const ErrorPage& page, std::string_view why) {
  reader_.leave();
  failed_ = why;
  frontend_.turn_to_page(inquiry_, page);
  leading_ = false;
  own_variant_ = false;
  variant_ = flight_variant(*inquiry_.route.behaviour, fields());
  step_ = Step::Ask;
  cache::Store::Found& found = inquiry_.found;
  if (found && found.object->is_outline()) found = {};  // only a whole one is of use
  if (!found || found.judgement.verdict != cache::Verdict::Fresh) return Next::More;
  const CacheStatus status{.ttl = found.judgement.lifetime - found.judgement.age,
                           .detail = plan().detail};
  return serve_stored(found.object, Outcome::Hit, status);
}

// Without the page, the error itself; its own body is gone by now.
Request::Next Request::page_failed() {
  const CacheStatus status{.forward = plan().forward, .collapsed = is_follower()};
  const Notice notice{.status = inquiry_.page->status,
                      .detail = "error-page-failed",
                      .sentence = "there is no page for this error",
                      .extra = {}};
  const Account done = account(Outcome::Error, notice.detail);
  retire();
  frontend_.answerer().notice(exchange(), notice, status, now(), done);
  return Next::Wait;
}

}  // namespace atl::edge
