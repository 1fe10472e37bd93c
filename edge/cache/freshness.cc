#include "edge/cache/freshness.h"

#include <algorithm>

#include "edge/cache/text.h"
#include "lib/http/date.h"

namespace atl::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Section 4.2.2 suggests a tenth of the time since the last change; a week bounds it, so that a
// file from ten years ago is looked at again within the year.
constexpr int64_t kHeuristicFraction = 10;
constexpr seconds kHeuristicMost = std::chrono::hours{24 * 7};

uint32_t saturate(int64_t count) {
  return static_cast<uint32_t>(std::clamp<int64_t>(count, 0, kMaxDelta));
}

uint32_t saturate(milliseconds duration) {
  return saturate(std::chrono::floor<seconds>(duration).count());
}

// Section 5.3: Expires is a date or it has passed ("0" above all). Two that differ are no date.
std::optional<http::DateTime> read_expires(http::Fields fields, http::DateTime now) {
  std::string_view value;
  bool first = true;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "expires")) continue;
    if (!first && field.value != value) return std::nullopt;
    value = field.value;
    first = false;
  }
  return http::parse_date(value, now);
}

struct Lifetime {
  uint32_t seconds = 0;
  uint16_t flags = 0;
};

// Section 4.2.1: the first that is present. What is present and invalid makes the response stale.
Lifetime lifetime_of(const ResponseView& response, const ResponseDirectives& directives,
                     http::DateTime date, const Policy& policy) {
  if (directives.s_maxage.present()) {
    return {saturate(directives.s_maxage.value().count()), Meta::kSharedMaxAge};
  }
  if (directives.max_age.present()) return {saturate(directives.max_age.value().count()), 0};
  if (directives.expires_counts() && has_field(response.fields, "expires")) {
    const auto expires = read_expires(response.fields, date);
    return {expires ? saturate((*expires - date).count()) : 0, 0};
  }
  if (const auto ttl = ttl_of_status(policy, response.status)) {
    return {saturate(*ttl), Meta::kHeuristic};
  }
  // Section 4.2.2: a heuristic only where the status or `public` allows it.
  if (!heuristically_cacheable(response.status) && !directives.is_public) return {};
  if (policy.default_ttl) return {saturate(*policy.default_ttl), Meta::kHeuristic};
  const auto modified = http::parse_date(first_value(response.fields, "last-modified"), date);
  if (!modified || *modified >= date) return {};
  const seconds guess = std::min((date - *modified) / kHeuristicFraction, kHeuristicMost);
  return {saturate(guess.count()), Meta::kHeuristic};
}

// Section 4.2.3.
uint32_t initial_age(http::Fields fields, std::optional<http::DateTime> date, WallTime request_time,
                     WallTime response_time) {
  const milliseconds delay = std::max(response_time - request_time, milliseconds{0});
  const milliseconds corrected = parse_age(fields).value_or(seconds{0}) + delay;
  // Date is cut to the second: the response may have been made up to 999 ms later than it says.
  // Counting that as age would make a response with max-age=1 stale on arrival now and then.
  const milliseconds apparent =
      date ? response_time - (*date + milliseconds{999}) : milliseconds{0};
  return saturate(std::max(corrected, apparent));
}

uint32_t bounded(uint32_t lifetime, const Policy& policy) {
  if (policy.min_ttl) lifetime = std::max(lifetime, saturate(*policy.min_ttl));
  if (policy.max_ttl) lifetime = std::min(lifetime, saturate(*policy.max_ttl));
  return lifetime;
}

// How long past its lifetime a response may be used, when the origin answers 5xx and when it does
// not answer. Section 4.2.4: never where a directive forbids it.
struct StaleLimits {
  int64_t on_error = 0;
  int64_t disconnected = 0;
};

StaleLimits stale_limits(const Meta& meta, const RequestDirectives* request) {
  if (meta.has(Meta::kNoCache)) return {-1, -1};            // section 5.2.2.4: not even while fresh
  const int64_t purged = meta.has(Meta::kPurged) ? -1 : 0;  // it is stale already
  if (meta.has(Meta::kMustRevalidate)) return {purged, purged};  // sections 5.2.2.2, 5.2.2.8
  StaleLimits limits{meta.stale_if_error, meta.stale_if_disconnected};
  // s-maxage implies proxy-revalidate (section 5.2.2.10), unless the same response says by an
  // extension (RFC 5861) how long it may be used stale: section 5.2.3 lets it modify the rest.
  if (meta.has(Meta::kSharedMaxAge) && !meta.has(Meta::kExplicitStaleError)) limits = {0, 0};
  if (request != nullptr && request->stale_if_error.valid() && !meta.has(Meta::kSharedMaxAge)) {
    limits.on_error = std::max<int64_t>(limits.on_error, request->stale_if_error.seconds);
  }
  limits.disconnected = std::max(limits.disconnected, limits.on_error);
  if (limits.on_error == 0) limits.on_error = purged;
  if (limits.disconnected == 0) limits.disconnected = purged;
  return limits;
}

struct Outcome {
  Verdict verdict;
  Reason reason;
};

// Section 5.2.1: what the client asks of a response that is fresh.
Outcome weigh_fresh(const Meta& meta, const RequestDirectives* request, int64_t age) {
  if (request != nullptr) {
    if (request->max_age.valid() && age > request->max_age.seconds) {
      return {Verdict::MustRevalidate, Reason::RequestMaxAge};
    }
    if (request->min_fresh.valid() && int64_t{meta.lifetime} - age < request->min_fresh.seconds) {
      return {Verdict::MustRevalidate, Reason::RequestMinFresh};
    }
  }
  return {Verdict::Fresh, Reason::Fresh};
}

Outcome weigh_stale(const Meta& meta, const RequestDirectives* request, int64_t age) {
  const bool purged = meta.has(Meta::kPurged);
  const Reason why = purged ? Reason::Purged : Reason::Expired;
  if (meta.has(Meta::kMustRevalidate)) return {Verdict::MustRevalidate, why};
  // A soft purge ended the lifetime, at the latest now.
  const int64_t staleness = std::max<int64_t>(age - int64_t{meta.lifetime}, 0);
  if (request != nullptr && request->max_age.valid() && age > request->max_age.seconds) {
    return {Verdict::MustRevalidate, Reason::RequestMaxAge};
  }
  if (request != nullptr && request->min_fresh.valid()) {
    return {Verdict::MustRevalidate, Reason::RequestMinFresh};
  }
  if (staleness < int64_t{meta.stale_while_revalidate}) {
    return {Verdict::StaleUsable, purged ? Reason::Purged : Reason::StaleWhileRevalidate};
  }
  // Section 5.2.1.2; but section 5.2.2.10 forbids it after s-maxage, and nobody who allows stale
  // responses has been told of a purge.
  if (request != nullptr && !purged && !meta.has(Meta::kSharedMaxAge)) {
    const bool allowed = request->max_stale.valid() ? staleness <= request->max_stale.seconds
                                                    : request->max_stale_any;
    if (allowed) return {Verdict::StaleUsable, Reason::RequestMaxStale};
  }
  return {Verdict::MustRevalidate, why};
}

Outcome weigh(const Meta& meta, const RequestDirectives* request, int64_t age) {
  if (meta.has(Meta::kNoCache)) return {Verdict::MustRevalidate, Reason::ResponseNoCache};
  if (request != nullptr && request->no_cache) {
    return {Verdict::MustRevalidate, Reason::RequestNoCache};
  }
  const bool fresh = age < int64_t{meta.lifetime} && !meta.has(Meta::kPurged);
  return fresh ? weigh_fresh(meta, request, age) : weigh_stale(meta, request, age);
}

}  // namespace

bool heuristically_cacheable(uint16_t status) {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501:
      return true;  // 206 is too, but is never stored as a complete response
    default:
      return false;
  }
}

std::optional<milliseconds> ttl_of_status(const Policy& policy, uint16_t status) {
  for (const StatusTtl& entry : policy.ttl_by_status) {
    if (entry.status == status) return entry.ttl;
  }
  return std::nullopt;
}

std::optional<seconds> parse_age(http::Fields fields) {
  std::string_view value = first_value(fields, "age");
  value = http::trim_ows(value.substr(0, value.find(',')));
  const auto age = parse_delta_seconds(value);
  if (!age) return std::nullopt;
  return seconds{*age};
}

Meta make_meta(const ResponseView& response, WallTime request_time, WallTime response_time,
               const Policy& policy) {
  const ResponseDirectives directives = parse_response_directives(response.fields);
  const auto received = std::chrono::floor<seconds>(response_time);
  const auto date = http::parse_date(first_value(response.fields, "date"), received);
  const Lifetime lifetime = lifetime_of(response, directives, date.value_or(received), policy);

  Meta meta;
  meta.response_time = response_time;
  meta.corrected_initial_age = initial_age(response.fields, date, request_time, response_time);
  meta.lifetime = bounded(lifetime.seconds, policy);
  meta.flags = lifetime.flags;
  if (directives.no_cache) meta.flags |= Meta::kNoCache;
  if (directives.must_revalidate || directives.proxy_revalidate) {
    meta.flags |= Meta::kMustRevalidate;
  }
  if (directives.immutable) meta.flags |= Meta::kImmutable;
  if (directives.no_transform) meta.flags |= Meta::kNoTransform;
  if (!policy.honour_request_directives) meta.flags |= Meta::kIgnoreRequest;
  meta.stale_while_revalidate = saturate(directives.stale_while_revalidate.value().count());
  if (directives.stale_if_error.valid()) {
    meta.flags |= Meta::kExplicitStaleError;
    meta.stale_if_error = saturate(directives.stale_if_error.value().count());
    meta.stale_if_disconnected = meta.stale_if_error;
  } else {
    meta.stale_if_disconnected = saturate(policy.stale_when_disconnected.count());
  }
  return meta;
}

seconds current_age(const Meta& meta, WallTime now) {
  const auto resident = std::chrono::floor<seconds>(now - meta.response_time).count();
  return seconds{saturate(int64_t{meta.corrected_initial_age} + std::max<int64_t>(resident, 0))};
}

Judgement judge(const Meta& meta, const RequestDirectives& request, WallTime now) {
  const RequestDirectives* asked = meta.has(Meta::kIgnoreRequest) ? nullptr : &request;
  const seconds age = current_age(meta, now);
  const Outcome outcome = weigh(meta, asked, age.count());
  const StaleLimits limits = stale_limits(meta, asked);
  return {.verdict = outcome.verdict,
          .reason = outcome.reason,
          .age = age,
          .lifetime = seconds{meta.lifetime},
          .stale_if_error = seconds{limits.on_error},
          .stale_if_disconnected = seconds{limits.disconnected}};
}

}  // namespace atl::cache
