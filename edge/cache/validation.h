#pragma once

#include <string>
#include <string_view>

#include "edge/cache/freshness.h"
#include "edge/cache/view.h"
#include "lib/base/clock.h"

namespace atl::cache {

// RFC 9110 section 8.8.3.2. Both take entity tags as in a field value: "x" or W/"x". A malformed
// tag equals nothing.
bool weak_equal(std::string_view a, std::string_view b);
bool strong_equal(std::string_view a, std::string_view b);
bool is_entity_tag(std::string_view value);

// Validators for a revalidation (RFC 9111 section 4.3.1): If-None-Match and If-Modified-Since,
// empty when the stored response has no such validator. Both are sent when both are there.
struct Conditional {
  std::string_view if_none_match;
  std::string_view if_modified_since;
  bool empty() const { return if_none_match.empty() && if_modified_since.empty(); }
};
// From a stored head; views into it.
Conditional conditional_for(std::string_view stored_head);

// Fields of the client's request that must not go upstream with a request the cache makes for
// itself (a fill or a revalidation): If-None-Match, If-Modified-Since, If-Match,
// If-Unmodified-Since, If-Range, Range.
bool is_client_precondition(std::string_view name);

// A client's conditional request against a stored response (RFC 9111 section 4.3.2, RFC 9110
// section 13.2.2). If-Match and If-Unmodified-Since are not evaluated here: a cache must not, they
// are for the origin server, and a cache may ignore them (RFC 9110 sections 13.1.1, 13.1.4); so
// there is no 412. Only GET and HEAD, and only a stored 200, are ever answered 304.
struct StoredView {
  uint16_t status = 0;
  std::string_view etag;           // as in the head, empty when absent
  std::string_view last_modified;  // as in the head, empty when absent
  std::string_view date;           // as in the head, empty when absent
  WallTime response_time{};
};
enum class Precondition : uint8_t { Proceed, NotModified };
Precondition evaluate_preconditions(const RequestView& request, const StoredView& stored);

// A 304 that answers our own revalidation (RFC 9111 sections 4.3.3, 4.3.4, 3.2).
struct FreshenSource {
  std::string_view stored_head;
  uint16_t stored_status = 200;
  http::Fields not_modified;  // fields of the 304
  WallTime request_time{};    // of the revalidation
  WallTime response_time{};
  std::string_view via;  // as in HeadSource, for when the 304 brings a Via of its own
};
// What becomes of the stored response.
struct Freshened {
  // False: the 304 carries a validator that is not the stored one's, so it speaks of another
  // representation: the stored response must not be used; fetch without conditions.
  bool applies = false;
  // False: the updated response says no-store or private, or Vary now names other fields than it
  // was filed under: it may answer the request at hand, and then has to leave the store.
  bool keep = false;
  std::string head;  // stored head with the 304's fields in place
  Meta meta;         // judged afresh
};
// Every field of the 304 replaces the stored fields of its name, save those of section 3.1
// (connection-specific), Content-Length, and two that describe the very bytes we hold:
// Content-Encoding and Content-Range (section 3.2 allows to omit what the integrity of the stored
// response needs). A 304 without validators is taken as the answer to the request it answers.
Freshened freshen(const FreshenSource& source, const Policy& policy);

// A HEAD response against a stored GET response (RFC 9111 section 4.3.5).
enum class HeadEffect : uint8_t {
  Freshen,     // same validators and length: update the stored fields, as after a 304
  Invalidate,  // it shows that the stored response is out of date
  Nothing,     // not a 200: it says nothing of the stored response
};
HeadEffect compare_head(std::string_view stored_head, uint64_t stored_size,
                        const ResponseView& head_response);

}  // namespace atl::cache
