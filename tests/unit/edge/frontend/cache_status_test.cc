#include "edge/frontend/cache_status.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::edge {
namespace {

TEST_CASE("cache status: every parameter of RFC 9211 that applies, in its form") {
  using std::chrono::seconds;
  struct Row {
    CacheStatus status;
    const char* want;
  };
  for (const Row& row : {
           Row{{.ttl = seconds{37}}, "hit; ttl=37"},
           Row{{.ttl = seconds{-5}, .detail = "stale-while-revalidate"},
               "hit; ttl=-5; detail=stale-while-revalidate"},
           Row{{.forward = Forward::Miss, .forward_status = 200, .stored = true, .ttl = seconds{9}},
               "fwd=miss; fwd-status=200; ttl=9; stored"},
           Row{{.forward = Forward::Stale, .forward_status = 304, .collapsed = true},
               "fwd=stale; fwd-status=304; collapsed"},
           Row{{.forward = Forward::VaryMiss}, "fwd=vary-miss"},
           Row{{.forward = Forward::Refused, .detail = "loop"}, "detail=loop"},
           Row{{.forward = Forward::Bypass}, "fwd=bypass"},
           Row{{.forward = Forward::Partial, .forward_status = 206, .stored = true},
               "fwd=partial; fwd-status=206; stored"},
           Row{{.forward = Forward::Method}, "fwd=method"},
           Row{{.forward = Forward::Request, .detail = "request-no-cache"},
               "fwd=request; detail=request-no-cache"},
       }) {
    CAPTURE(row.want);
    LineBuffer out;
    add_cache_status(out, "atoll-fra", row.status);
    CHECK(out.text() == std::string("Cache-Status: atoll-fra; ") + row.want + "\r\n");
  }
}

TEST_CASE("line buffer: a line that does not fit is left out whole") {
  LineBuffer out;
  add_age(out, std::chrono::seconds{3});
  add_cache_status(out, std::string(600, 'x'), {});
  CHECK(out.text() == "Age: 3\r\n");
  add_age(out, std::chrono::seconds{4});
  CHECK(out.text() == "Age: 3\r\nAge: 4\r\n");
  for (int i = 0; i < 200; ++i) add_age(out, std::chrono::seconds{2'147'483'648});
  CHECK(out.text().size() <= 512);
  CHECK(out.text().ends_with("\r\n"));
}

}  // namespace
}  // namespace atl::edge
