#include "edge/cache/freshness.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using namespace std::chrono_literals;
using atl::WallTime;
using atl::cache::current_age;
using atl::cache::judge;
using atl::cache::Judgement;
using atl::cache::kMaxDelta;
using atl::cache::make_meta;
using atl::cache::Meta;
using atl::cache::parse_request_directives;
using atl::cache::Policy;
using atl::cache::Reason;
using atl::cache::RequestDirectives;
using atl::cache::Verdict;
using atl::cache::testing::kNow;
using atl::cache::testing::response;
using atl::cache::testing::Section;

namespace {

Meta meta_of(const char* section, uint16_t status = 200, const Policy& policy = {}) {
  return make_meta(response(status, Section(section)), kNow, kNow, policy);
}

Judgement judged(const char* section, int age, const char* request = "") {
  return judge(meta_of(section), parse_request_directives(Section(request)),
               kNow + std::chrono::seconds{age});
}

constexpr int64_t kMany = kMaxDelta;

}  // namespace

TEST_CASE("freshness: the lifetime (RFC 9111 section 4.2.1)") {
  struct Row {
    const char* section;
    int64_t want;
  };
  for (const Row& row : {
           // s-maxage, then max-age, then Expires
           Row{"Cache-Control: max-age=60", 60},
           Row{"Cache-Control: max-age=60, s-maxage=10", 10},
           Row{"Cache-Control: s-maxage=10, max-age=60", 10},
           Row{"Cache-Control: max-age=1, s-maxage=3600", 3600},
           Row{"Cache-Control: max-age=60\nCache-Control: s-maxage=10", 10},
           Row{"Cache-Control: s-maxage=x, max-age=60", 0},
           Row{"Cache-Control: max-age=60\nExpires: Sun, 06 Nov 1994 08:49:38 GMT", 60},
           Row{"Cache-Control: max-age=60\nExpires: 0", 60},
           Row{"Cache-Control: max-age=0\nExpires: Sun, 06 Nov 1994 18:49:37 GMT", 0},
           Row{"Cache-Control: max-age=x\nExpires: Sun, 06 Nov 1994 18:49:37 GMT", 0},
           // Expires against Date, not against our clock
           Row{"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nDate: Sun, 06 Nov 1994 08:49:37 GMT", 60},
           Row{"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nDate: Sun, 06 Nov 1994 08:50:27 GMT", 10},
           Row{"Expires: Sun, 06 Nov 1994 08:50:37 GMT", 60},
           Row{"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nDate: nonsense", 60},
           Row{"Expires: Sun, 06 Nov 1994 08:49:37 GMT", 0},
           Row{"Expires: Sun, 06 Nov 1994 08:49:36 GMT", 0},
           Row{"Expires: Thu, 01 Jan 1970 00:00:00 GMT", 0},
           // every way of not being a date is the past (section 5.3)
           Row{"Expires: 0", 0},
           Row{"Expires: -1", 0},
           Row{"Expires:", 0},
           Row{"Expires: 9999999999", 0},
           Row{"Expires: Thu, 18 Aug 2050 02:01:18 UTC", 0},
           Row{"Expires: Thu, 18 Aug 2050 02:01:18 AEST", 0},
           Row{"Expires: Thu, 18 Aug 2050 02:01:18 +0000", 0},
           Row{"Expires: Thu, 18 Aug 2050 02:01:18", 0},
           Row{"Expires: Thu, 18 Aug 50 02:01:18 GMT", 0},
           Row{"Expires: Thu 18 Aug 2050 02:01:18 GMT", 0},
           Row{"Expires: Thu, 18  Aug  2050 02:01:18 GMT", 0},
           Row{"Expires: Thu, 18-Aug-2050 02:01:18 GMT", 0},
           Row{"Expires: Thu, 18 Aug 2050 02.01.18 GMT", 0},
           Row{"Expires: Thu, 18 Aug 2050 2:01:18 GMT", 0},
           Row{"Expires: Thu, 18 Aug 2050 25:01:18 GMT", 0},
           Row{"Expires: Thu, 31 Feb 2050 02:01:18 GMT", 0},
           Row{"Expires: Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT", 0},
           Row{"Expires: Thu, 18 Aug 2050 02:01:18 GMT\nExpires: Thu, 18 Aug 2050 02:01:19 GMT", 0},
           Row{"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nExpires: Sun, 06 Nov 1994 08:50:37 GMT",
               60},
           // the three formats, in any case (section 4.2)
           Row{"Expires: Sunday, 06-Nov-94 08:50:37 GMT", 60},
           Row{"Expires: Sun Nov  6 08:50:37 1994", 60},
           Row{"Expires: SUN, 06 NOV 1994 08:50:37 gmt", 60},
           Row{"Expires: Mon, 06 Nov 1994 08:50:37 GMT", 60},  // the wrong day of the week
           Row{"Expires: Fri, 31 Dec 9999 23:59:59 GMT", kMany},
           // targeted fields put Cache-Control and Expires aside
           Row{"CDN-Cache-Control: max-age=5\nExpires: Sun, 06 Nov 1994 18:49:37 GMT", 5},
           Row{"CDN-Cache-Control: max-age=0\nExpires: Sun, 06 Nov 1994 18:49:37 GMT", 0},
           Row{"CDN-Cache-Control: foo\nExpires: Sun, 06 Nov 1994 18:49:37 GMT", 0},
           Row{"CDN-Cache-Control: &\nExpires: Sun, 06 Nov 1994 08:50:37 GMT", 60},
           Row{"CDN-Cache-Control: max-age=60, s-maxage=7", 7},
           // saturation (section 1.2.2)
           Row{"Cache-Control: max-age=2147483648", kMany},
           Row{"Cache-Control: max-age=99999999999999999999", kMany},
           // nothing at all
           Row{"", 0},
           Row{"ETag: \"x\"", 0},
       }) {
    CAPTURE(std::string(row.section));
    CHECK(int64_t{meta_of(row.section).lifetime} == row.want);
  }
}

TEST_CASE("freshness: heuristic, a tenth of the time since the last change (section 4.2.2)") {
  struct Row {
    const char* section;
    uint16_t status;
    int64_t want;
  };
  const char* day_old =
      "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\nDate: Sun, 06 Nov 1994 08:49:37 GMT";
  const char* day_old_public =
      "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\nCache-Control: public";
  for (const Row& row : {
           Row{day_old, 200, 8640},
           Row{day_old, 203, 8640},
           Row{day_old, 204, 8640},
           Row{day_old, 300, 8640},
           Row{day_old, 301, 8640},
           Row{day_old, 308, 8640},
           Row{day_old, 404, 8640},
           Row{day_old, 405, 8640},
           Row{day_old, 410, 8640},
           Row{day_old, 414, 8640},
           Row{day_old, 501, 8640},
           Row{day_old, 201, 0},
           Row{day_old, 202, 0},
           Row{day_old, 302, 0},
           Row{day_old, 307, 0},
           Row{day_old, 403, 0},
           Row{day_old, 500, 0},
           Row{day_old, 502, 0},
           Row{day_old, 503, 0},
           Row{day_old, 504, 0},
           Row{day_old, 599, 0},
           Row{day_old_public, 599, 8640},
           Row{day_old_public, 403, 8640},
           Row{"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT", 200, 8640},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", 200, 0},
           Row{"Last-Modified: Sun, 06 Nov 1994 18:49:37 GMT", 200, 0},  // in the future
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:32 GMT", 200, 0},  // below ten seconds
           Row{"Last-Modified: 0", 200, 0},
           Row{"Last-Modified: Fri, 06 Nov 1964 08:49:37 GMT", 200, 7 * 86'400},
           Row{"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\nCache-Control: max-age=0", 200, 0},
           Row{"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\nExpires: 0", 200, 0},
           Row{"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\nCDN-Cache-Control: foo", 200, 8640},
       }) {
    CAPTURE(std::string(row.section));
    CAPTURE(row.status);
    CHECK(int64_t{meta_of(row.section, row.status).lifetime} == row.want);
  }
  CHECK(meta_of(day_old).has(Meta::kHeuristic));
  CHECK_FALSE(meta_of("Cache-Control: max-age=1").has(Meta::kHeuristic));
}

TEST_CASE("freshness: a behaviour's default, minimum and maximum") {
  struct Row {
    const char* section;
    uint16_t status;
    Policy policy;
    uint32_t want;
  };
  const Policy with_default{.default_ttl = 30s};
  const Policy with_min{.min_ttl = 100s};
  const Policy with_max{.max_ttl = 50s};
  for (const Row& row : {
           Row{"", 200, with_default, 30},
           Row{"", 404, with_default, 30},
           Row{"", 500, with_default, 0},
           Row{"Cache-Control: public", 500, with_default, 30},
           Row{"Cache-Control: max-age=5", 200, with_default, 5},
           Row{"Cache-Control: max-age=x", 200, with_default, 0},
           Row{"Expires: 0", 200, with_default, 0},
           Row{"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT", 200, with_default, 30},
           Row{"Cache-Control: max-age=5", 200, with_min, 100},
           Row{"Cache-Control: max-age=500", 200, with_min, 500},
           Row{"Cache-Control: max-age=500", 200, with_max, 50},
           Row{"Cache-Control: max-age=5", 200, with_max, 5},
           Row{"Atoll-Cache-Control: max-age=500", 200, with_max, 50},
       }) {
    CAPTURE(std::string(row.section));
    CHECK(meta_of(row.section, row.status, row.policy).lifetime == row.want);
  }
}

TEST_CASE("freshness: Age as received (section 5.1)") {
  struct Row {
    const char* section;
    int64_t want;  // -1: as if there were none
  };
  for (const Row& row : {
           Row{"Age: 30", 30},
           Row{"Age: 0", 0},
           Row{"Age: 00030", 30},
           Row{"Age: 99999999999", kMany},
           Row{"Age: abc", -1},
           Row{"Age: -7200", -1},
           Row{"Age: 7200.0", -1},
           Row{"Age: \"7200\"", -1},
           Row{"Age:", -1},
           Row{"Age: 7200,0", 7200},
           Row{"Age: 7200 , 0", 7200},
           Row{"Age: 0,7200", 0},
           Row{"Age: ,7200", -1},
           Row{"Age: 7200\nAge: 0", 7200},
           Row{"Age: 0\nAge: 7200", 0},
           Row{"Age: x\nAge: 7200", -1},
           Row{"", -1},
       }) {
    CAPTURE(std::string(row.section));
    const auto age = atl::cache::parse_age(Section(row.section));
    CHECK((age ? age->count() : -1) == row.want);
  }
}

TEST_CASE("freshness: corrected initial age and current age (section 4.2.3)") {
  struct Row {
    const char* section;
    std::chrono::milliseconds delay;     // of the response
    std::chrono::milliseconds resident;  // since it arrived
    int64_t want;
  };
  for (const Row& row : {
           Row{"", 0ms, 0ms, 0}, Row{"", 0ms, 5'999ms, 5}, Row{"", 0ms, 6'000ms, 6},
           Row{"Age: 30", 0ms, 0ms, 30}, Row{"Age: 30", 0ms, 10s, 40},
           Row{"Age: 30", 2'000ms, 10s, 42}, Row{"Age: 30", 400ms, 0ms, 30},
           Row{"", 3'500ms, 0ms, 3}, Row{"Date: Sun, 06 Nov 1994 08:49:37 GMT", 0ms, 0ms, 0},
           Row{"Date: Sun, 06 Nov 1994 08:49:36 GMT", 0ms, 0ms, 0},  // Date is cut to the second
           Row{"Date: Sun, 06 Nov 1994 08:49:35 GMT", 0ms, 0ms, 1},
           Row{"Date: Sun, 06 Nov 1994 07:49:37 GMT", 0ms, 0ms, 3599},
           Row{"Date: Sun, 06 Nov 1994 07:49:37 GMT\nAge: 10", 0ms, 0ms, 3599},
           Row{"Date: Sun, 06 Nov 1994 08:49:27 GMT\nAge: 100", 0ms, 0ms, 100},
           Row{"Date: Sun, 06 Nov 1994 09:49:37 GMT", 0ms, 0ms, 0},  // the origin's clock is ahead
           Row{"Date: nonsense\nAge: 7", 0ms, 0ms, 7}, Row{"Age: 99999999999", 0ms, 1h, kMany},
           Row{"", 0ms, -10s, 0},  // our clock went back
       }) {
    CAPTURE(std::string(row.section));
    const Meta meta = make_meta(response(200, Section(row.section)), kNow - row.delay, kNow, {});
    CHECK(current_age(meta, kNow + row.resident).count() == row.want);
  }
}

TEST_CASE("freshness: judged by age alone") {
  struct Row {
    const char* section;
    int age;
    Verdict verdict;
    Reason reason;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=60", 0, Verdict::Fresh, Reason::Fresh},
           Row{"Cache-Control: max-age=60", 59, Verdict::Fresh, Reason::Fresh},
           Row{"Cache-Control: max-age=60", 60, Verdict::MustRevalidate, Reason::Expired},
           Row{"Cache-Control: max-age=60\nAge: 59", 0, Verdict::Fresh, Reason::Fresh},
           Row{"Cache-Control: max-age=60\nAge: 60", 0, Verdict::MustRevalidate, Reason::Expired},
           Row{"Cache-Control: max-age=60\nAge: -7200", 0, Verdict::Fresh, Reason::Fresh},
           Row{"Cache-Control: max-age=60, no-cache", 0, Verdict::MustRevalidate,
               Reason::ResponseNoCache},
           Row{"Cache-Control: max-age=60, no-cache=\"a\"", 0, Verdict::MustRevalidate,
               Reason::ResponseNoCache},
           Row{"Cache-Control: max-age=60, must-revalidate", 59, Verdict::Fresh, Reason::Fresh},
           Row{"Cache-Control: max-age=60, must-revalidate", 60, Verdict::MustRevalidate,
               Reason::Expired},
           Row{"Cache-Control: max-age=60, immutable", 60, Verdict::MustRevalidate,
               Reason::Expired},
           // RFC 5861: the window is [lifetime, lifetime + n)
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10", 59, Verdict::Fresh,
               Reason::Fresh},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10", 60, Verdict::StaleUsable,
               Reason::StaleWhileRevalidate},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10", 69, Verdict::StaleUsable,
               Reason::StaleWhileRevalidate},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10", 70, Verdict::MustRevalidate,
               Reason::Expired},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=0", 60, Verdict::MustRevalidate,
               Reason::Expired},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=x", 60, Verdict::MustRevalidate,
               Reason::Expired},
           Row{"Cache-Control: s-maxage=60, stale-while-revalidate=10", 60, Verdict::StaleUsable,
               Reason::StaleWhileRevalidate},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10, must-revalidate", 60,
               Verdict::MustRevalidate, Reason::Expired},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10, proxy-revalidate", 60,
               Verdict::MustRevalidate, Reason::Expired},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=10, no-cache", 60,
               Verdict::MustRevalidate, Reason::ResponseNoCache},
           Row{"Cache-Control: max-age=2147483648, stale-while-revalidate=2147483648", 100,
               Verdict::Fresh, Reason::Fresh},
       }) {
    CAPTURE(std::string(row.section));
    CAPTURE(row.age);
    const Judgement j = judged(row.section, row.age);
    CHECK(j.verdict == row.verdict);
    CHECK(to_string(j.reason) == to_string(row.reason));
  }
}

TEST_CASE("freshness: judged with what the client asks (section 5.2.1)") {
  struct Row {
    const char* section;
    const char* request;
    int age;
    Verdict verdict;
    Reason reason;
  };
  const char* minute = "Cache-Control: max-age=60";
  const char* shared = "Cache-Control: s-maxage=60";
  const char* strict = "Cache-Control: max-age=60, must-revalidate";
  const char* swr = "Cache-Control: max-age=60, stale-while-revalidate=100";
  for (const Row& row : {
           Row{minute, "Cache-Control: no-cache", 1, Verdict::MustRevalidate,
               Reason::RequestNoCache},
           Row{minute, "Pragma: no-cache", 1, Verdict::MustRevalidate, Reason::RequestNoCache},
           Row{minute, "Cache-Control: no-store", 1, Verdict::Fresh, Reason::Fresh},
           Row{minute, "Cache-Control: only-if-cached", 1, Verdict::Fresh, Reason::Fresh},
           Row{minute, "Cache-Control: max-age=0", 0, Verdict::Fresh, Reason::Fresh},
           Row{minute, "Cache-Control: max-age=0", 1, Verdict::MustRevalidate,
               Reason::RequestMaxAge},
           Row{minute, "Cache-Control: max-age=10", 10, Verdict::Fresh, Reason::Fresh},
           Row{minute, "Cache-Control: max-age=10", 11, Verdict::MustRevalidate,
               Reason::RequestMaxAge},
           Row{minute, "Cache-Control: max-age=600", 60, Verdict::MustRevalidate, Reason::Expired},
           Row{minute, "Cache-Control: min-fresh=10", 50, Verdict::Fresh, Reason::Fresh},
           Row{minute, "Cache-Control: min-fresh=10", 51, Verdict::MustRevalidate,
               Reason::RequestMinFresh},
           Row{minute, "Cache-Control: min-fresh=2147483648", 0, Verdict::MustRevalidate,
               Reason::RequestMinFresh},
           Row{minute, "Cache-Control: max-stale", 1000, Verdict::StaleUsable,
               Reason::RequestMaxStale},
           Row{minute, "Cache-Control: max-stale=40", 100, Verdict::StaleUsable,
               Reason::RequestMaxStale},
           Row{minute, "Cache-Control: max-stale=39", 100, Verdict::MustRevalidate,
               Reason::Expired},
           Row{minute, "Cache-Control: max-stale, max-stale=39", 100, Verdict::MustRevalidate,
               Reason::Expired},
           Row{minute, "Cache-Control: max-stale=x", 100, Verdict::MustRevalidate, Reason::Expired},
           Row{minute, "Cache-Control: max-stale=100, max-age=10", 70, Verdict::MustRevalidate,
               Reason::RequestMaxAge},
           Row{minute, "Cache-Control: max-stale=100, max-age=80", 70, Verdict::StaleUsable,
               Reason::RequestMaxStale},
           Row{strict, "Cache-Control: max-stale", 100, Verdict::MustRevalidate, Reason::Expired},
           Row{shared, "Cache-Control: max-stale", 100, Verdict::MustRevalidate, Reason::Expired},
           Row{"Cache-Control: max-age=60, proxy-revalidate", "Cache-Control: max-stale", 100,
               Verdict::MustRevalidate, Reason::Expired},
           Row{"Cache-Control: max-age=60, no-cache", "Cache-Control: max-stale", 1,
               Verdict::MustRevalidate, Reason::ResponseNoCache},
           Row{swr, "Cache-Control: max-age=10", 70, Verdict::MustRevalidate,
               Reason::RequestMaxAge},
           Row{swr, "Cache-Control: min-fresh=1", 70, Verdict::MustRevalidate,
               Reason::RequestMinFresh},
           Row{swr, "Cache-Control: max-age=100", 70, Verdict::StaleUsable,
               Reason::StaleWhileRevalidate},
           Row{"Cache-Control: max-age=60, immutable", "Cache-Control: no-cache", 1,
               Verdict::MustRevalidate, Reason::RequestNoCache},
       }) {
    CAPTURE(std::string(row.section));
    CAPTURE(std::string(row.request));
    CAPTURE(row.age);
    const Judgement j = judged(row.section, row.age, row.request);
    CHECK(j.verdict == row.verdict);
    CHECK(to_string(j.reason) == to_string(row.reason));
  }
}

TEST_CASE("freshness: a behaviour that does not honour clients hears none of it") {
  const Meta meta = meta_of("Cache-Control: max-age=60", 200, {.honour_request_directives = false});
  for (const char* request :
       {"Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache",
        "Cache-Control: min-fresh=100", "Cache-Control: no-store"}) {
    CAPTURE(std::string(request));
    CHECK(judge(meta, parse_request_directives(Section(request)), kNow + 30s).verdict ==
          Verdict::Fresh);
  }
  CHECK(judge(meta, parse_request_directives(Section("Cache-Control: max-stale")), kNow + 60s)
            .verdict == Verdict::MustRevalidate);
}

TEST_CASE("freshness: when the origin fails (RFC 5861 section 4, RFC 9111 section 4.2.4)") {
  struct Row {
    const char* section;
    int age;
    bool on_error;
    bool disconnected;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=2", 1, true, true},
           Row{"Cache-Control: max-age=2", 2, false, true},
           Row{"Cache-Control: max-age=2", 86'401, false, true},
           Row{"Cache-Control: max-age=2", 86'402, false, false},
           Row{"Cache-Control: max-age=2, stale-if-error=60", 2, true, true},
           Row{"Cache-Control: max-age=2, stale-if-error=60", 61, true, true},
           Row{"Cache-Control: max-age=2, stale-if-error=60", 62, false, false},
           Row{"Cache-Control: max-age=2, stale-if-error=0", 2, false, false},
           Row{"Cache-Control: max-age=2, stale-if-error=x", 2, false, true},
           Row{"Cache-Control: max-age=2, must-revalidate", 2, false, false},
           Row{"Cache-Control: max-age=2, must-revalidate", 1, true, true},
           Row{"Cache-Control: max-age=2, must-revalidate, stale-if-error=60", 2, false, false},
           Row{"Cache-Control: max-age=2, proxy-revalidate", 2, false, false},
           Row{"Cache-Control: max-age=2, no-cache", 1, false, false},
           Row{"Cache-Control: max-age=2, no-cache, stale-if-error=60", 1, false, false},
           Row{"Cache-Control: max-age=2, s-maxage=2", 2, false, false},
           Row{"Cache-Control: s-maxage=2, stale-if-error=60", 2, true, true},
           Row{"Cache-Control: max-age=2147483648, stale-if-error=2147483648", 100, true, true},
       }) {
    CAPTURE(std::string(row.section));
    CAPTURE(row.age);
    const Judgement j = judged(row.section, row.age);
    CHECK(j.usable_on_error() == row.on_error);
    CHECK(j.usable_when_disconnected() == row.disconnected);
  }
  // The client may widen it, within what the origin forbids.
  CHECK(
      judged("Cache-Control: max-age=2", 30, "Cache-Control: stale-if-error=60").usable_on_error());
  CHECK_FALSE(
      judged("Cache-Control: max-age=2, must-revalidate", 30, "Cache-Control: stale-if-error=60")
          .usable_on_error());
  const Meta never = meta_of("Cache-Control: max-age=2", 200, {.stale_when_disconnected = 0s});
  CHECK_FALSE(judge(never, {}, kNow + 2s).usable_when_disconnected());
}

TEST_CASE("freshness: after a soft purge it is stale, but may help out") {
  struct Row {
    const char* section;
    Verdict verdict;
    bool disconnected;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=60", Verdict::MustRevalidate, true},
           Row{"Cache-Control: max-age=60, stale-while-revalidate=5", Verdict::StaleUsable, true},
           Row{"Cache-Control: max-age=60, must-revalidate", Verdict::MustRevalidate, false},
           Row{"Cache-Control: s-maxage=60", Verdict::MustRevalidate, false},
       }) {
    CAPTURE(std::string(row.section));
    Meta meta = meta_of(row.section);
    meta.flags |= Meta::kPurged;
    const Judgement j = judge(meta, {}, kNow + 1s);
    CHECK(j.verdict == row.verdict);
    CHECK(j.reason == Reason::Purged);
    CHECK(j.usable_when_disconnected() == row.disconnected);
    CHECK_FALSE(j.usable_on_error());
    CHECK(judge(meta, parse_request_directives(Section("Cache-Control: max-stale")), kNow + 1s)
              .reason == Reason::Purged);
  }
}

TEST_CASE("freshness: meta stays small, it is in every object") {
  CHECK(sizeof(Meta) <= 32);
  CHECK(to_string(Reason::StaleWhileRevalidate) == "stale-while-revalidate");
  CHECK(to_string(Verdict::StaleUsable) == "stale-usable");
}
