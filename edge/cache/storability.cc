#include "edge/cache/storability.h"

#include <algorithm>
#include <charconv>

#include "edge/cache/invalidation.h"
#include "edge/cache/range.h"
#include "edge/cache/text.h"
#include "edge/cache/validation.h"
#include "edge/cache/vary.h"
#include "lib/http/date.h"

namespace atl::cache {
namespace {

constexpr StoreDecision no(StoreReason reason) { return {false, reason}; }

// Statuses that say something about this one request (its preconditions, its range, its
// rate, the network it came through) rather than about the resource: another request must not get
// them. RFC 6585 forbids to store 428, 429, 431 and 511 outright.
bool about_the_request(uint16_t status) {
  switch (status) {
    case 412:
    case 416:
    case 417:
    case 428:
    case 429:
    case 431:
    case 511:
      return true;
    default:
      return false;
  }
}

// Section 5.2.2.3: statuses whose caching requirements (RFC 9110 section 15) are implemented here.
bool understood(uint16_t status) {
  switch (status) {
    case 200:
    case 201:
    case 202:
    case 203:
    case 204:
    case 205:
    case 300:
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
    case 400:
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
    case 406:
    case 408:
    case 409:
    case 410:
    case 411:
    case 413:
    case 414:
    case 415:
    case 421:
    case 422:
    case 426:
    case 451:
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
    case 505:
      return true;
    default:
      return false;
  }
}

bool has_explicit_freshness(const ResponseView& response, const ResponseDirectives& directives) {
  return directives.s_maxage.present() || directives.max_age.present() ||
         (directives.expires_counts() && has_field(response.fields, "expires"));
}

// RFC 9110 section 9.3.3: a POST response stands for a later GET when its origin says how long and
// that it is a representation of the very target.
bool post_is_storable(const RequestView& request, const ResponseView& response,
                      const ResponseDirectives& directives) {
  if (request.path_and_query.empty() || !has_explicit_freshness(response, directives)) return false;
  const std::string_view location = first_value(response.fields, "content-location");
  return !location.empty() && resolve_same_origin(request, location) == request.path_and_query;
}

// Section 3.5.
bool authorised_to_share(const RequestView& request, const ResponseDirectives& directives) {
  return !has_field(request.fields, "authorization") || directives.must_revalidate ||
         directives.is_public || directives.s_maxage.present();
}

bool too_large(const ResponseView& response, const Policy& policy) {
  const std::string_view value = first_value(response.fields, "content-length");
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error == std::errc::result_out_of_range) return true;
  return error == std::errc{} && length > policy.max_object_bytes;
}

bool has_validator(const ResponseView& response) {
  return is_entity_tag(first_value(response.fields, "etag")) ||
         http::parse_date(first_value(response.fields, "last-modified"), http::DateTime{})
             .has_value();
}

// Whether keeping it could ever spare a fetch: some freshness, some right to be used stale, or a
// validator to ask with.
bool reusable(const ResponseView& response, const ResponseDirectives& directives,
              const Policy& policy) {
  if (has_validator(response)) return true;
  if (directives.no_cache) return false;
  if (directives.stale_while_revalidate.value().count() > 0 ||
      directives.stale_if_error.value().count() > 0) {
    return true;
  }
  // No moment of receipt is known here; one at the epoch gives the same lifetime save for Expires
  // without Date, which counts as some.
  if (directives.expires_counts() && !has_field(response.fields, "date") &&
      http::parse_date(first_value(response.fields, "expires"), http::DateTime{})) {
    return true;
  }
  return make_meta(response, WallTime{}, WallTime{}, policy).lifetime > 0;
}

// RFC 9110 section 14.4: in these statuses Content-Range means nothing. But when it names bytes,
// the origin sent a part and called it the whole, or the other way round: nothing to keep.
bool shows_a_part(const ResponseView& response) {
  return std::any_of(response.fields.begin(), response.fields.end(), [](const http::Field& field) {
    ContentRange part;
    return http::equal_ignore_case(field.name, "content-range") &&
           parse_content_range(field.value, part);
  });
}

StoreDecision by_status(uint16_t status) {
  if (status < 200) return no(StoreReason::Interim);
  if (status == 206) return no(StoreReason::Partial);
  if (status == 304) return no(StoreReason::NotModified);
  if (about_the_request(status) || status > 999) return no(StoreReason::Status);
  return {true, StoreReason::Explicit};
}

StoreDecision by_directives(const RequestView& request, const ResponseView& response,
                            const ResponseDirectives& directives, const Policy& policy) {
  if (policy.honour_request_directives && parse_request_directives(request.fields).no_store) {
    return no(StoreReason::RequestNoStore);
  }
  // Section 5.2.2.3: must-understand sets no-store aside for those who understand the status, and
  // forbids to store for those who do not.
  if (directives.must_understand && !understood(response.status)) {
    return no(StoreReason::NotUnderstood);
  }
  if (directives.no_store && !directives.must_understand) return no(StoreReason::NoStore);
  if (directives.is_private) return no(StoreReason::Private);
  if (!authorised_to_share(request, directives)) return no(StoreReason::Authorization);
  return {true, StoreReason::Explicit};
}

StoreDecision by_vary(const RequestView& request, const ResponseView& response,
                      const Policy& policy) {
  VariantKey key;
  switch (make_variant_key(request.fields, response.fields, key, policy.vary)) {
    case VaryOutcome::Star:
      return no(StoreReason::VaryStar);
    case VaryOutcome::TooLarge:
      return no(StoreReason::VaryTooLarge);
    case VaryOutcome::Ok:
      break;
  }
  return {true, StoreReason::Explicit};
}

}  // namespace

bool may_have_ttl(unsigned status) {
  return status <= 999 && by_status(static_cast<uint16_t>(status)).store;
}

StoreDecision may_store(const RequestView& request, const ResponseView& response,
                        const Policy& policy) {
  const ResponseDirectives directives = parse_response_directives(response.fields);
  if (request.method != "GET" &&
      !(request.method == "POST" && post_is_storable(request, response, directives))) {
    return no(StoreReason::Method);
  }
  if (const auto decision = by_status(response.status); !decision.store) return decision;
  if (shows_a_part(response)) return no(StoreReason::ContentRange);
  if (const auto decision = by_directives(request, response, directives, policy); !decision.store) {
    return decision;
  }
  if (const auto decision = by_vary(request, response, policy); !decision.store) return decision;

  // Section 3, last rule.
  const bool is_explicit = has_explicit_freshness(response, directives) || directives.is_public;
  if (!is_explicit && !heuristically_cacheable(response.status) &&
      !ttl_of_status(policy, response.status)) {
    return no(StoreReason::Status);
  }
  if (!is_explicit && has_field(response.fields, "set-cookie")) return no(StoreReason::SetCookie);
  if (too_large(response, policy)) return no(StoreReason::TooLarge);
  if (!reusable(response, directives, policy)) return no(StoreReason::NothingToReuse);
  if (is_explicit) return {true, StoreReason::Explicit};
  const bool lives = make_meta(response, WallTime{}, WallTime{}, policy).lifetime > 0;
  return {true, lives ? StoreReason::Heuristic : StoreReason::Validator};
}

bool supersedes_stored(uint16_t status, StoreReason reason) {
  if (status < 200 || status == 206) return false;
  if (status >= 400 && status != 404 && status != 410) return false;
  switch (reason) {
    case StoreReason::Status:
    case StoreReason::NotUnderstood:
    case StoreReason::NoStore:
    case StoreReason::NothingToReuse:
    case StoreReason::TooLarge:
      return true;
    default:
      return false;
  }
}

std::string_view to_string(StoreReason reason) {
  switch (reason) {
    case StoreReason::Explicit:
      return "explicit";
    case StoreReason::Heuristic:
      return "heuristic";
    case StoreReason::Validator:
      return "validator";
    case StoreReason::Method:
      return "method";
    case StoreReason::Interim:
      return "interim";
    case StoreReason::Partial:
      return "partial";
    case StoreReason::NotModified:
      return "not-modified";
    case StoreReason::ContentRange:
      return "content-range";
    case StoreReason::Status:
      return "status";
    case StoreReason::NotUnderstood:
      return "not-understood";
    case StoreReason::RequestNoStore:
      return "request-no-store";
    case StoreReason::NoStore:
      return "no-store";
    case StoreReason::Private:
      return "private";
    case StoreReason::Authorization:
      return "authorization";
    case StoreReason::VaryStar:
      return "vary-star";
    case StoreReason::VaryTooLarge:
      return "vary-too-large";
    case StoreReason::SetCookie:
      return "set-cookie";
    case StoreReason::NothingToReuse:
      return "nothing-to-reuse";
    case StoreReason::TooLarge:
      return "too-large";
    case StoreReason::NoRoom:
      return "no-room";
  }
  return "unknown";
}

}  // namespace atl::cache
