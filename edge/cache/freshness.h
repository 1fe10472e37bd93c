#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "edge/cache/cache_control.h"
#include "edge/cache/judgement.h"
#include "edge/cache/view.h"
#include "lib/base/clock.h"

namespace atl::cache {

struct StatusTtl {
  uint16_t status = 0;
  std::chrono::milliseconds ttl{0};
};

// The cache policy of a behaviour, as far as this room needs it. Views are the caller's to keep.
struct Policy {
  // Lifetime of a response that says nothing of its own; takes the place of the heuristic.
  std::optional<std::chrono::milliseconds> default_ttl = std::nullopt;
  // The same for these statuses, heuristically cacheable or not: a cache may be configured to keep
  // an answer (RFC 9111 section 3, "a cache extension"). Negative caching, above all.
  std::span<const StatusTtl> ttl_by_status = {};
  // Bounds of every lifetime, explicit ones too. They never make a response storable that RFC 9111
  // section 3 forbids to store, and never override no-cache.
  std::optional<std::chrono::milliseconds> min_ttl = std::nullopt;
  std::optional<std::chrono::milliseconds> max_ttl = std::nullopt;
  // False: Cache-Control and Pragma of requests change nothing (the edge is the origin's cache, not
  // the client's).
  bool honour_request_directives = true;
  uint64_t max_object_bytes = UINT64_MAX;
  // Field names that select among variants beside those of Vary: a list as Vary's value has.
  std::string_view vary = {};
  // Past its lifetime, how long a response without stale-if-error and without a directive against
  // it may be served while the origin cannot be reached (RFC 9111 section 4.2.4). Zero: never.
  std::chrono::seconds stale_when_disconnected{std::chrono::hours{24}};
};

// All that judge() needs to know of a stored response. Plain data, part of every object in memory.
struct Meta {
  enum Flag : uint16_t {
    kNoCache = 1 << 0,             // section 5.2.2.4: never without validation
    kMustRevalidate = 1 << 1,      // must-revalidate or proxy-revalidate: never stale
    kSharedMaxAge = 1 << 2,        // s-maxage implies proxy-revalidate (section 5.2.2.10)
    kHeuristic = 1 << 3,           // lifetime is a guess (section 4.2.2)
    kImmutable = 1 << 4,           // RFC 8246
    kNoTransform = 1 << 5,         // section 5.2.2.6
    kIgnoreRequest = 1 << 6,       // Policy::honour_request_directives is off
    kExplicitStaleError = 1 << 7,  // stale-if-error was given
    kPurged = 1 << 8,              // soft purge: stale from now on, whatever the lifetime says
    kHiddenPart = 1 << 9,          // the head has a hidden part (hidden.h)
    kNegotiated = 1 << 10,         // compressed, or left alone, by what the client accepts
  };

  WallTime response_time{};             // when the head arrived
  uint32_t corrected_initial_age = 0;   // seconds, section 4.2.3
  uint32_t lifetime = 0;                // seconds, section 4.2.1
  uint32_t stale_while_revalidate = 0;  // seconds
  uint32_t stale_if_error = 0;          // seconds past the lifetime, for 5xx answers
  uint32_t stale_if_disconnected = 0;   // seconds past the lifetime, for no answer
  uint16_t flags = 0;

  bool has(Flag flag) const { return (flags & flag) != 0; }
};

// RFC 9111 section 4.2: freshness lifetime and corrected initial age. `request_time` is when the
// request that led to this response was sent, `response_time` when its head arrived.
Meta make_meta(const ResponseView& response, WallTime request_time, WallTime response_time,
               const Policy& policy);

// RFC 9111 section 4.2.3: the age now, whole seconds, never negative and saturated at kMaxDelta.
std::chrono::seconds current_age(const Meta& meta, WallTime now);

// What may be done with a stored response that matches the request (RFC 9111 section 4). `now` is
// the loop's time for this turn.
Judgement judge(const Meta& meta, const RequestDirectives& request, WallTime now);

// The value of Age in a response as RFC 9111 section 5.1 reads it: of several values the first, an
// invalid one is as none.
std::optional<std::chrono::seconds> parse_age(http::Fields fields);

// RFC 9110 section 15.1: statuses that may be given a heuristic lifetime.
bool heuristically_cacheable(uint16_t status);

// Policy::ttl_by_status.
std::optional<std::chrono::milliseconds> ttl_of_status(const Policy& policy, uint16_t status);

}  // namespace atl::cache
