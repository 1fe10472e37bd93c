#include "control-plane/dns/rate_limit.h"

#include <doctest/doctest.h>

#include <chrono>
#include <map>

namespace atl::dns {
namespace {

using Verdict = RateLimiter::Verdict;
using namespace std::chrono_literals;

geo::Address address(const char* text) { return *geo::parse_address(text); }

struct Tally {
  int sent = 0, truncated = 0, dropped = 0;
};

Tally ask(RateLimiter& limiter, const char* from, uint64_t what, int times, MonoTime now) {
  Tally tally;
  for (int i = 0; i < times; ++i) {
    switch (limiter.judge(address(from), what, now)) {
      case Verdict::Send:
        ++tally.sent;
        break;
      case Verdict::Truncate:
        ++tally.truncated;
        break;
      case Verdict::Drop:
        ++tally.dropped;
        break;
    }
  }
  return tally;
}

TEST_CASE("rate limit: a second's worth at once, then every second one truncated") {
  RateLimiter limiter(10, {});
  const MonoTime now{1h};
  const Tally first = ask(limiter, "192.0.2.1", 1, 30, now);
  CHECK(first.sent == 10);
  CHECK(first.truncated == 10);
  CHECK(first.dropped == 10);
  CHECK(ask(limiter, "192.0.2.1", 1, 30, now + 500ms).sent == 5);
  CHECK(ask(limiter, "192.0.2.1", 1, 30, now + 10s).sent == 10);
}

TEST_CASE("rate limit: by network and answer") {
  RateLimiter limiter(5, {});
  const MonoTime now{1h};
  CHECK(ask(limiter, "192.0.2.1", 1, 10, now).sent == 5);
  CHECK(ask(limiter, "192.0.2.255", 1, 10, now).sent == 0);  // the same /24
  CHECK(ask(limiter, "192.0.3.1", 1, 10, now).sent == 5);
  CHECK(ask(limiter, "192.0.2.1", 2, 10, now).sent == 5);
  CHECK(ask(limiter, "2001:db8::1", 1, 10, now).sent == 5);
  CHECK(ask(limiter, "2001:db8:0:ff::1", 1, 10, now).sent == 0);  // the same /56
  CHECK(ask(limiter, "2001:db8:0:100::1", 1, 10, now).sent == 5);
}

TEST_CASE("rate limit: none, unless it is wanted") {
  RateLimiter limiter(0, {});
  CHECK(ask(limiter, "192.0.2.1", 1, 100'000, MonoTime{1h}).sent == 100'000);
}

TEST_CASE("rate limit: a flood from everywhere does not free the one who asks too much") {
  RateLimiter limiter(5, {});
  const MonoTime now{1h};
  ask(limiter, "192.0.2.1", 1, 10, now);
  geo::Address other = address("10.0.0.0");
  for (int i = 0; i < 20'000; ++i) {
    other.bytes[13] = static_cast<uint8_t>(i >> 8);
    other.bytes[14] = static_cast<uint8_t>(i);
    limiter.judge(other, 1, now);
  }
  CHECK(ask(limiter, "192.0.2.1", 1, 10, now).sent == 0);
}

}  // namespace
}  // namespace atl::dns
