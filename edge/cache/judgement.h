#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace atl::cache {

// What may be done with a stored response for a given request (RFC 9111 section 4).
enum class Verdict : uint8_t {
  Fresh,           // serve it
  StaleUsable,     // serve it, and revalidate behind it (RFC 5861 section 3)
  MustRevalidate,  // ask the origin first; on failure it may still be usable, see stale_if_error
  Unusable,        // as if it were not there
};

// Why. Each value has one name, used in Cache-Status, in the access log and in the statistics.
enum class Reason : uint8_t {
  Fresh,
  Expired,               // section 4.2
  RequestNoCache,        // section 5.2.1.4
  RequestMaxAge,         // section 5.2.1.1
  RequestMinFresh,       // section 5.2.1.3
  RequestMaxStale,       // section 5.2.1.2: served stale because the client allows it
  ResponseNoCache,       // section 5.2.2.4
  StaleWhileRevalidate,  // RFC 5861 section 3
  Purged,                // soft purge
};

struct Judgement {
  Verdict verdict = Verdict::Unusable;
  Reason reason = Reason::Expired;
  std::chrono::seconds age{0};       // section 4.2.3
  std::chrono::seconds lifetime{0};  // section 4.2.1
  // How long past its lifetime it may be served if the origin answers 500, 502, 503 or 504 (RFC
  // 5861 section 4). Negative: not at all. A response may be served while age < lifetime + this;
  // see usable_on_error().
  std::chrono::seconds stale_if_error{-1};
  // The same for an origin that cannot be reached or breaks off (RFC 9111 section 4.2.4 allows a
  // disconnected cache to serve stale unless a directive forbids it). Never less than
  // stale_if_error.
  std::chrono::seconds stale_if_disconnected{-1};

  // May it be served although revalidation failed with a 5xx, or with no answer at all?
  bool usable_on_error() const { return within(stale_if_error); }
  bool usable_when_disconnected() const { return within(stale_if_disconnected); }

 private:
  bool within(std::chrono::seconds window) const {
    return window >= std::chrono::seconds{0} && age < lifetime + window;
  }
};

std::string_view to_string(Verdict verdict);
std::string_view to_string(Reason reason);

}  // namespace atl::cache
