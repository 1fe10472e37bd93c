#include "edge/cache/storability.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using namespace std::chrono_literals;
using atl::cache::may_store;
using atl::cache::Policy;
using atl::cache::RequestView;
using atl::cache::StoreReason;
using atl::cache::testing::get;
using atl::cache::testing::response;
using atl::cache::testing::Section;

namespace {

constexpr bool kYes = true;
constexpr bool kNo = false;

void check(const char* request, uint16_t status, const char* fields, bool store, StoreReason reason,
           const Policy& policy = {}) {
  CAPTURE(std::string(request));
  CAPTURE(status);
  CAPTURE(std::string(fields));
  const Section asked(request);
  const Section answered(fields);
  const auto decision = may_store(get(asked), response(status, answered), policy);
  CHECK(decision.store == store);
  CHECK(to_string(decision.reason) == to_string(reason));
}

}  // namespace

TEST_CASE("storability: by status and freshness (RFC 9111 section 3)") {
  struct Row {
    uint16_t status;
    const char* fields;
    bool store;
    StoreReason reason;
  };
  using R = StoreReason;
  const char* fresh = "Cache-Control: max-age=60";
  const char* dated =
      "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\nDate: Sun, 06 Nov 1994 08:49:37 GMT";
  for (const Row& row : {
           // explicit freshness makes any final status storable, known or not
           Row{200, fresh, kYes, R::Explicit},
           Row{203, fresh, kYes, R::Explicit},
           Row{204, fresh, kYes, R::Explicit},
           Row{299, fresh, kYes, R::Explicit},
           Row{301, fresh, kYes, R::Explicit},
           Row{302, fresh, kYes, R::Explicit},
           Row{303, fresh, kYes, R::Explicit},
           Row{307, fresh, kYes, R::Explicit},
           Row{308, fresh, kYes, R::Explicit},
           Row{400, fresh, kYes, R::Explicit},
           Row{404, fresh, kYes, R::Explicit},
           Row{410, fresh, kYes, R::Explicit},
           Row{414, fresh, kYes, R::Explicit},
           Row{499, fresh, kYes, R::Explicit},
           Row{500, fresh, kYes, R::Explicit},
           Row{501, fresh, kYes, R::Explicit},
           Row{502, fresh, kYes, R::Explicit},
           Row{503, fresh, kYes, R::Explicit},
           Row{504, fresh, kYes, R::Explicit},
           Row{599, fresh, kYes, R::Explicit},
           Row{999, fresh, kYes, R::Explicit},
           // what says something about one request only
           Row{100, fresh, kNo, R::Interim},
           Row{103, fresh, kNo, R::Interim},
           Row{206, fresh, kNo, R::Partial},
           Row{304, fresh, kNo, R::NotModified},
           Row{412, fresh, kNo, R::Status},
           Row{416, fresh, kNo, R::Status},
           Row{417, fresh, kNo, R::Status},
           Row{428, fresh, kNo, R::Status},
           Row{429, fresh, kNo, R::Status},
           Row{431, fresh, kNo, R::Status},
           Row{511, fresh, kNo, R::Status},
           // without explicit freshness only what RFC 9110 section 15.1 names
           Row{200, dated, kYes, R::Heuristic},
           Row{203, dated, kYes, R::Heuristic},
           Row{204, dated, kYes, R::Heuristic},
           Row{300, dated, kYes, R::Heuristic},
           Row{301, dated, kYes, R::Heuristic},
           Row{308, dated, kYes, R::Heuristic},
           Row{404, dated, kYes, R::Heuristic},
           Row{405, dated, kYes, R::Heuristic},
           Row{410, dated, kYes, R::Heuristic},
           Row{414, dated, kYes, R::Heuristic},
           Row{501, dated, kYes, R::Heuristic},
           Row{201, dated, kNo, R::Status},
           Row{202, dated, kNo, R::Status},
           Row{302, dated, kNo, R::Status},
           Row{307, dated, kNo, R::Status},
           Row{403, dated, kNo, R::Status},
           Row{500, dated, kNo, R::Status},
           Row{502, dated, kNo, R::Status},
           Row{503, dated, kNo, R::Status},
           Row{504, dated, kNo, R::Status},
           Row{599, dated, kNo, R::Status},
           Row{599, "Cache-Control: public\nETag: \"x\"", kYes, R::Explicit},
           Row{403, "Expires: Sun, 06 Nov 1994 09:49:37 GMT", kYes, R::Explicit},
           Row{403, "CDN-Cache-Control: max-age=60", kYes, R::Explicit},
           Row{403, "CDN-Cache-Control: foo\nExpires: Sun, 06 Nov 1994 09:49:37 GMT", kNo,
               R::Status},
           // nothing to be gained
           Row{200, "", kNo, R::NothingToReuse},
           Row{200, "Cache-Control: max-age=0", kNo, R::NothingToReuse},
           Row{200, "Cache-Control: no-cache", kNo, R::NothingToReuse},
           Row{200, "Cache-Control: no-cache, max-age=60", kNo, R::NothingToReuse},
           Row{200, "Expires: 0", kNo, R::NothingToReuse},
           Row{200, "ETag: unquoted", kNo, R::NothingToReuse},
           Row{200, "ETag: \"x\"", kYes, R::Validator},
           Row{200, "ETag: W/\"x\"", kYes, R::Validator},
           Row{200, "Cache-Control: no-cache\nETag: \"x\"", kYes, R::Validator},
           Row{200, "Cache-Control: max-age=0\nETag: \"x\"", kYes, R::Explicit},
           Row{200, "Cache-Control: max-age=0, stale-while-revalidate=9", kYes, R::Explicit},
           Row{200, "Cache-Control: max-age=0, stale-if-error=9", kYes, R::Explicit},
           Row{200, "Cache-Control: no-cache, stale-if-error=9", kNo, R::NothingToReuse},
           // a complete status with a range of bytes: one of the two is a lie
           Row{200, "Cache-Control: max-age=60\nContent-Range: bytes 0-9/100", kNo,
               R::ContentRange},
           Row{200, "Cache-Control: max-age=60\nContent-Range: no\nContent-Range: bytes 0-9/*", kNo,
               R::ContentRange},
           // RFC 9110 section 14.4: there, and without a range, the field means nothing
           Row{200, "Cache-Control: max-age=60\nContent-Range: arizqhypg", kYes, R::Explicit},
       }) {
    check("", row.status, row.fields, row.store, row.reason);
  }
}

TEST_CASE("storability: directives that forbid (sections 5.2.1.5, 5.2.2)") {
  struct Row {
    const char* request;
    uint16_t status;
    const char* fields;
    bool store;
    StoreReason reason;
  };
  using R = StoreReason;
  for (const Row& row : {
           Row{"", 200, "Cache-Control: no-store", kNo, R::NoStore},
           Row{"", 200, "Cache-Control: max-age=60, no-store", kNo, R::NoStore},
           Row{"", 200, "Cache-Control: No-StOrE, max-age=60", kNo, R::NoStore},
           Row{"", 200, "Cache-Control: private, max-age=60", kNo, R::Private},
           Row{"", 200, "Cache-Control: private=\"x-user\", max-age=60", kNo, R::Private},
           Row{"", 200, "Cache-Control: private, public, max-age=60", kNo, R::Private},
           Row{"Cache-Control: no-store", 200, "Cache-Control: max-age=60", kNo, R::RequestNoStore},
           Row{"Cache-Control: no-cache", 200, "Cache-Control: max-age=60", kYes, R::Explicit},
           Row{"Pragma: no-cache", 200, "Cache-Control: max-age=60", kYes, R::Explicit},
           // must-understand sets no-store aside where the status is understood
           Row{"", 200, "Cache-Control: must-understand, no-store, max-age=60", kYes, R::Explicit},
           Row{"", 404, "Cache-Control: must-understand, no-store, max-age=60", kYes, R::Explicit},
           Row{"", 299, "Cache-Control: must-understand, no-store, max-age=60", kNo,
               R::NotUnderstood},
           Row{"", 499, "Cache-Control: must-understand, max-age=60", kNo, R::NotUnderstood},
           Row{"", 599, "Cache-Control: must-understand, max-age=60", kNo, R::NotUnderstood},
           Row{"", 200, "Cache-Control: must-understand, private, max-age=60", kNo, R::Private},
           // targeted fields rule alone
           Row{"", 200, "CDN-Cache-Control: private\nCache-Control: max-age=60", kNo, R::Private},
           Row{"", 200, "CDN-Cache-Control: no-store\nCache-Control: max-age=60", kNo, R::NoStore},
           Row{"", 200, "CDN-Cache-Control: max-age=60\nCache-Control: no-store", kYes,
               R::Explicit},
           Row{"", 200, "CDN-Cache-Control: max-age=60, &&&\nCache-Control: no-store", kNo,
               R::NoStore},
           Row{"", 200, "CDN-Cache-Control: max-age=\"60\"\nCache-Control: no-store", kNo,
               R::NothingToReuse},
           Row{"", 200, "CDN-Cache-Control: no-cache\nCache-Control: max-age=60", kNo,
               R::NothingToReuse},
           Row{"", 200, "Atoll-Cache-Control: max-age=60\nCDN-Cache-Control: no-store", kYes,
               R::Explicit},
       }) {
    check(row.request, row.status, row.fields, row.store, row.reason);
  }
}

TEST_CASE("storability: requests with Authorization (section 3.5)") {
  struct Row {
    const char* fields;
    bool store;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=60", kNo},
           Row{"Expires: Sun, 06 Nov 1994 09:49:37 GMT", kNo},
           Row{"Cache-Control: max-age=60, proxy-revalidate", kNo},
           Row{"Cache-Control: max-age=60, no-cache\nETag: \"x\"", kNo},
           Row{"CDN-Cache-Control: max-age=60\nCache-Control: public", kNo},
           Row{"Cache-Control: max-age=60, public", kYes},
           Row{"Cache-Control: max-age=60, must-revalidate", kYes},
           Row{"Cache-Control: s-maxage=60", kYes},
           Row{"Cache-Control: s-maxage=0\nETag: \"x\"", kYes},
           Row{"CDN-Cache-Control: max-age=60, public", kYes},
       }) {
    check("Authorization: Basic Zm9vOmJhcg==", 200, row.fields, row.store,
          row.store ? StoreReason::Explicit : StoreReason::Authorization);
  }
}

TEST_CASE("storability: Set-Cookie needs an origin that means it (section 7.3)") {
  using R = StoreReason;
  const std::string cookie = "Set-Cookie: a=b\n";
  check("", 200, (cookie + "Cache-Control: max-age=60").c_str(), kYes, R::Explicit);
  check("", 200, (cookie + "Cache-Control: public\nETag: \"x\"").c_str(), kYes, R::Explicit);
  check("", 200, (cookie + "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT").c_str(), kNo,
        R::SetCookie);
  check("", 200, cookie.c_str(), kNo, R::SetCookie, {.default_ttl = 60s});
}

TEST_CASE("storability: Vary") {
  using R = StoreReason;
  const std::string fresh = "Cache-Control: max-age=60\n";
  for (const char* vary :
       {"Vary: *", "Vary: *, *", "Vary: *\nVary: *", "Vary: , *", "Vary:\nVary: *", "Vary: *, Foo",
        "Vary: Foo, *", "Vary: foo bar", "Vary: \"foo\"", "Vary: foo;q=1"}) {
    check("Foo: 1", 200, (fresh + vary).c_str(), kNo, R::VaryStar);
  }
  for (const char* vary :
       {"Vary: Foo", "Vary:", "Vary: ,,", "Vary: Foo, Bar", "Vary: Foo\nVary: Bar"}) {
    check("Foo: 1", 200, (fresh + vary).c_str(), kYes, R::Explicit);
  }
  std::string many = fresh + "Vary: a0";
  for (int i = 1; i <= 32; ++i) many += ", a" + std::to_string(i);
  check("", 200, many.c_str(), kNo, R::VaryTooLarge);
  const std::string huge = "Foo: " + std::string(5000, 'x');
  check(huge.c_str(), 200, (fresh + "Vary: Foo").c_str(), kNo, R::VaryTooLarge);
}

TEST_CASE("storability: methods") {
  struct Row {
    const char* method;
    const char* fields;
    bool store;
  };
  const char* fresh = "Cache-Control: max-age=60";
  for (const Row& row : {
           Row{"GET", fresh, kYes},
           Row{"HEAD", fresh, kNo},
           Row{"get", fresh, kNo},  // methods are case-sensitive
           Row{"PUT", fresh, kNo},
           Row{"DELETE", fresh, kNo},
           Row{"PATCH", fresh, kNo},
           Row{"OPTIONS", fresh, kNo},
           Row{"QUERY", fresh, kNo},
           Row{"FOO", fresh, kNo},
           // RFC 9110 section 9.3.3
           Row{"POST", fresh, kNo},
           Row{"POST", "Cache-Control: max-age=60\nContent-Location: /a/b?c", kYes},
           Row{"POST", "Cache-Control: max-age=60\nContent-Location: http://example.org/a/b?c",
               kYes},
           Row{"POST", "Cache-Control: max-age=60\nContent-Location: b?c", kYes},
           Row{"POST", "Cache-Control: max-age=60\nContent-Location: /other", kNo},
           Row{"POST", "Cache-Control: max-age=60\nContent-Location: http://evil.example/a/b?c",
               kNo},
           Row{"POST", "Content-Location: /a/b?c\nLast-Modified: Sat, 05 Nov 1994 08:49:37 GMT",
               kNo},
           Row{"POST", "Cache-Control: public\nContent-Location: /a/b?c\nETag: \"x\"", kNo},
       }) {
    CAPTURE(std::string(row.method));
    CAPTURE(std::string(row.fields));
    const Section none("");
    RequestView request = get(none);
    request.method = row.method;
    const Section fields(row.fields);
    const auto decision = may_store(request, response(200, fields), {});
    CHECK(decision.store == row.store);
    if (!row.store) CHECK(decision.reason == StoreReason::Method);
    request.path_and_query = {};
    if (request.method == "POST") CHECK_FALSE(may_store(request, response(200, fields), {}).store);
  }
}

TEST_CASE("storability: a behaviour's bounds and defaults") {
  using R = StoreReason;
  check("", 200, "", kYes, R::Heuristic, {.default_ttl = 60s});
  check("", 500, "", kNo, R::Status, {.default_ttl = 60s});
  check("", 200, "", kYes, R::Heuristic, {.min_ttl = 60s});
  check("", 200, "Cache-Control: max-age=60", kNo, R::NothingToReuse, {.max_ttl = 0s});
  check("", 200, "Cache-Control: no-store", kNo, R::NoStore, {.min_ttl = 60s});
  const char* hundred = "Cache-Control: max-age=60\nContent-Length: 100";
  check("", 200, hundred, kYes, R::Explicit, {.max_object_bytes = 100});
  check("", 200, hundred, kNo, R::TooLarge, {.max_object_bytes = 99});
  check("", 200, "Cache-Control: max-age=60\nContent-Length: 99999999999999999999", kNo,
        R::TooLarge, {.max_object_bytes = 100});
  check("Cache-Control: no-store", 200, "Cache-Control: max-age=60", kYes, R::Explicit,
        {.honour_request_directives = false});
}
TEST_CASE("storability: which answers show that what is stored is out of date") {
  using R = StoreReason;
  struct Row {
    uint16_t status;
    StoreReason reason;
    bool supersedes;
  };
  for (const Row& row : {
           Row{200, R::NoStore, true},
           Row{200, R::NothingToReuse, true},
           Row{200, R::TooLarge, true},
           Row{302, R::Status, true},
           Row{404, R::NoStore, true},
           Row{410, R::NothingToReuse, true},
           Row{200, R::Private, false},         // what one user gets says nothing of the others'
           Row{200, R::RequestNoStore, false},  // the request's own wish
           Row{200, R::VaryStar, false},
           Row{200, R::ContentRange, false},
           Row{206, R::Partial, false},
           Row{206, R::NoStore, false},
           Row{401, R::Status, false},
           Row{403, R::NoStore, false},
           Row{429, R::Status, false},
           Row{500, R::NoStore, false},
       }) {
    CAPTURE(row.status);
    CAPTURE(to_string(row.reason));
    CHECK(supersedes_stored(row.status, row.reason) == row.supersedes);
  }
}
