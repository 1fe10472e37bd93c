#include "edge/frontend/forward_plan.h"

#include "lib/http/field_lookup.h"

namespace atl::edge {
namespace {

// Preconditions that only the origin may evaluate (RFC 9111 section 4.3.2), and credentials, whose
// answers are shared only on terms that are not known before they come (section 3.5).
bool is_personal(http::Fields fields) {
  return http::find(fields, "Authorization") != nullptr ||
         http::find(fields, "If-Match") != nullptr ||
         http::find(fields, "If-Unmodified-Since") != nullptr;
}

ForwardPlan shared_plan(const ForwardFacts& facts) {
  if (!facts.found) return {FetchMode::Fill, true, Forward::Miss, {}};
  if (facts.reason == cache::Reason::Fresh) return {FetchMode::Fill, true, Forward::Partial, {}};
  const bool asked_for = facts.reason == cache::Reason::RequestNoCache ||
                         facts.reason == cache::Reason::RequestMaxAge ||
                         facts.reason == cache::Reason::RequestMinFresh;
  return {FetchMode::Fill, true, asked_for ? Forward::Request : Forward::Stale,
          cache::to_string(facts.reason)};
}

}  // namespace

bool asks_cache(const http::RequestHead& head) {
  return (head.method == "GET" || head.method == "HEAD") && !head.has_body();
}

ForwardPlan plan_forward(const ForwardFacts& facts) {
  using enum FetchMode;
  const http::RequestHead& head = facts.head;
  if (!facts.caching) return {Verbatim, false, Forward::Bypass, {}};
  if (!asks_cache(head)) {
    const bool get = head.method == "GET" || head.method == "HEAD";
    // RFC 9110 section 9.3.3: the answer to a POST may be stored for GET.
    return {Verbatim, head.method == "POST", get ? Forward::Request : Forward::Method,
            get ? "request-body" : ""};
  }
  if (facts.directives.no_store) return {Verbatim, false, Forward::Request, "request-no-store"};
  if (facts.covered) return {Fill, true, Forward::Hit, {}};
  const Forward without = !facts.found                           ? Forward::Miss
                          : facts.reason == cache::Reason::Fresh ? Forward::Partial
                                                                 : Forward::Stale;
  if (head.method == "HEAD") return {Verbatim, false, without, {}};
  if (is_personal(head.fields)) return {Verbatim, true, without, {}};
  if (!facts.found && !facts.collapse) return {Verbatim, true, Forward::Miss, {}};
  if (!facts.found && facts.known_uncacheable) {
    return {Verbatim, true, Forward::Miss, "hit-for-miss"};
  }
  return shared_plan(facts);
}

}  // namespace atl::edge
