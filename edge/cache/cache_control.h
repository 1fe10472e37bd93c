#pragma once

#include <chrono>
#include <cstdint>

#include "lib/http/field.h"

namespace atl::cache {

// The largest number of seconds we tell apart (RFC 9111 section 1.2.2): everything above is this.
inline constexpr uint32_t kMaxDelta = 2'147'483'648U;

// The argument of a directive that takes delta-seconds.
struct Delta {
  enum class State : uint8_t {
    Absent,
    Valid,
    Invalid,  // present, but not a non-negative integer: freshness information that is invalid
              // makes the response stale (RFC 9111 section 4.2.1)
  };
  State state = State::Absent;
  uint32_t seconds = 0;  // saturated at kMaxDelta

  bool present() const { return state != State::Absent; }
  bool valid() const { return state == State::Valid; }
  bool operator==(const Delta&) const = default;
  // Zero unless valid.
  std::chrono::seconds value() const { return std::chrono::seconds{valid() ? seconds : 0}; }
};

// Cache-Control of a request (RFC 9111 section 5.2.1); Pragma: no-cache counts as no-cache when
// there is no Cache-Control at all (section 5.4). Repeated directives: the most restrictive holds.
// An invalid max-age counts as 0, an invalid min-fresh or max-stale as absent.
struct RequestDirectives {
  bool no_cache = false;
  bool no_store = false;
  bool no_transform = false;
  bool only_if_cached = false;
  bool max_stale_any = false;  // max-stale without an argument
  Delta max_age;
  Delta max_stale;
  Delta min_fresh;
  Delta stale_if_error;  // RFC 5861 section 4, in a request

  bool operator==(const RequestDirectives&) const = default;
};

RequestDirectives parse_request_directives(http::Fields fields);

// Which field the policy was read from (RFC 9213 section 2.1).
enum class DirectiveSource : uint8_t { None, CacheControl, CdnCacheControl, AtollCacheControl };

// Cache-Control of a response (RFC 9111 section 5.2.2), or a targeted field instead of it (RFC
// 9213): the first of Atoll-Cache-Control and CDN-Cache-Control that is present, valid and not
// empty wins over Cache-Control and Expires. Targeted fields are structured-field dictionaries (RFC
// 8941): a malformed one is ignored as a whole, a member of the wrong type is ignored alone.
//
// In Cache-Control: names are case-insensitive, arguments may be tokens or quoted strings (section
// 5.2), unknown directives are ignored, of repeated directives the most restrictive holds.
struct ResponseDirectives {
  DirectiveSource source = DirectiveSource::None;
  bool no_store = false;
  // Without field names, or with. The qualified forms (no-cache="Set-Cookie") are read as the
  // unqualified ones: section 5.2.2.4 and 5.2.2.7 say that many caches do, and it is the reading
  // that cannot leak a field. Two exceptions would need the stored head to be edited on every hit.
  bool no_cache = false;
  bool is_private = false;
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool no_transform = false;
  bool immutable = false;  // RFC 8246
  Delta max_age;
  Delta s_maxage;
  Delta stale_while_revalidate;  // RFC 5861 section 3
  Delta stale_if_error;          // RFC 5861 section 4

  // Expires counts only when no targeted field was used (RFC 9213 section 2.1).
  bool expires_counts() const {
    return source == DirectiveSource::None || source == DirectiveSource::CacheControl;
  }
};

ResponseDirectives parse_response_directives(http::Fields fields);

}  // namespace atl::cache
