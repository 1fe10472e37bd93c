#include "edge/cache/range.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/edge/cache/support.h"

using atl::cache::ByteRange;
using atl::cache::decide_range;
using atl::cache::RangeDecision;
using atl::cache::RangeReason;
using atl::cache::RangeTarget;
using atl::cache::testing::get;
using atl::cache::testing::Section;

namespace {

std::string told(const RangeDecision& d) {
  std::string out = d.send == RangeDecision::Send::Whole     ? "whole"
                    : d.send == RangeDecision::Send::Partial ? "partial"
                                                             : "unsatisfiable";
  for (const ByteRange& r : d.view()) {
    out += " " + std::to_string(r.first) + "-" + std::to_string(r.last);
  }
  return out;
}

}  // namespace

TEST_CASE("range: against a representation of 100 bytes (RFC 9110 section 14)") {
  struct Row {
    const char* range;
    const char* want;
    RangeReason reason;
  };
  using R = RangeReason;
  for (const Row& row : {
           Row{"bytes=0-9", "partial 0-9", R::Satisfied},
           Row{"bytes=0-0", "partial 0-0", R::Satisfied},
           Row{"bytes=99-99", "partial 99-99", R::Satisfied},
           Row{"bytes=90-", "partial 90-99", R::Satisfied},
           Row{"bytes=0-", "partial 0-99", R::Satisfied},
           Row{"bytes=-10", "partial 90-99", R::Satisfied},
           Row{"bytes=-100", "partial 0-99", R::Satisfied},
           Row{"bytes=-1000", "partial 0-99", R::Satisfied},
           Row{"bytes=50-1000", "partial 50-99", R::Satisfied},
           Row{"BYTES=0-9", "partial 0-9", R::Satisfied},
           Row{"bytes=00-09", "partial 0-9", R::Satisfied},
           Row{"bytes=0-99999999999999999999999999", "partial 0-99", R::Satisfied},
           Row{"bytes=-99999999999999999999999999", "partial 0-99", R::Satisfied},
           Row{"bytes=0-18446744073709551615", "partial 0-99", R::Satisfied},
           // unsatisfiable
           Row{"bytes=100-", "unsatisfiable", R::Unsatisfiable},
           Row{"bytes=100-200", "unsatisfiable", R::Unsatisfiable},
           Row{"bytes=-0", "unsatisfiable", R::Unsatisfiable},
           Row{"bytes=100-, 200-300", "unsatisfiable", R::Unsatisfiable},
           Row{"bytes=99999999999999999999999999-", "unsatisfiable", R::Unsatisfiable},
           // several
           Row{"bytes=0-9,20-29", "partial 0-9 20-29", R::Satisfied},
           Row{"bytes=20-29,0-9", "partial 20-29 0-9", R::Satisfied},
           Row{"bytes=0-9 , 20-29", "partial 0-9 20-29", R::Satisfied},
           Row{"bytes= 0-9", "partial 0-9", R::Satisfied},
           Row{"bytes=,0-9,,", "partial 0-9", R::Satisfied},
           Row{"bytes=0-9,100-200", "partial 0-9", R::Satisfied},
           Row{"bytes=0-9,-5", "partial 0-9 95-99", R::Satisfied},
           Row{"bytes=0-9,10-19", "partial 0-19", R::Satisfied},
           Row{"bytes=10-19,0-9", "partial 0-19", R::Satisfied},
           Row{"bytes=0-20,10-29", "partial 0-29", R::Satisfied},
           Row{"bytes=0-9,20-29,10-19", "partial 0-29", R::Satisfied},
           Row{"bytes=0-0,-1", "partial 0-0 99-99", R::Satisfied},
           // not to be answered as asked
           Row{"bytes=0-20,10-29,15-40", "whole", R::Overlapping},
           Row{"bytes=0-,0-", "whole", R::Overlapping},
           Row{"bytes=0-99,0-0", "whole", R::Overlapping},
           Row{"bytes=0-1,3-4,6-7,9-10,12-13,15-16,18-19,21-22,24-25,27-28,30-31,33-34,36-37,39-40,"
               "42-43,45-46",
               "partial 0-1 3-4 6-7 9-10 12-13 15-16 18-19 21-22 24-25 27-28 30-31 33-34 36-37 "
               "39-40 42-43 45-46",
               R::Satisfied},
           Row{"bytes=0-1,3-4,6-7,9-10,12-13,15-16,18-19,21-22,24-25,27-28,30-31,33-34,36-37,39-40,"
               "42-43,45-46,48-49",
               "whole", R::TooMany},
           // malformed: ignored
           Row{"bytes=9-0", "whole", R::Malformed},
           Row{"bytes=0-9,9-0", "whole", R::Malformed},
           Row{"bytes=", "whole", R::Malformed},
           Row{"bytes=,", "whole", R::Malformed},
           Row{"bytes=-", "whole", R::Malformed},
           Row{"bytes=--1", "whole", R::Malformed},
           Row{"bytes=a-b", "whole", R::Malformed},
           Row{"bytes=0", "whole", R::Malformed},
           Row{"bytes=0 -9", "whole", R::Malformed},
           Row{"bytes=0- 9", "whole", R::Malformed},
           Row{"bytes=0-9-", "whole", R::Malformed},
           Row{"bytes=+0-9", "whole", R::Malformed},
           Row{"bytes=0-9;x", "whole", R::Malformed},
           Row{"bytes 0-9", "whole", R::Malformed},
           Row{"0-9", "whole", R::Malformed},
           Row{"", "whole", R::Malformed},
           Row{"items=0-9", "whole", R::Unit},
           Row{"bytes =0-9", "whole", R::Unit},
       }) {
    CAPTURE(std::string(row.range));
    const std::string field = std::string("Range: ") + row.range;
    const Section request(field.c_str());
    const auto decision = decide_range(get(request), {.size = 100});
    CHECK(told(decision) == row.want);
    CHECK(decision.reason == row.reason);
  }
}

TEST_CASE("range: an empty representation satisfies none") {
  for (const char* range : {"Range: bytes=0-", "Range: bytes=0-0", "Range: bytes=-1"}) {
    CAPTURE(std::string(range));
    const Section request(range);
    CHECK(told(decide_range(get(request), {.size = 0})) == "unsatisfiable");
  }
}

TEST_CASE("range: means something for one GET line only") {
  const Section ranged("Range: bytes=0-9");
  auto head = get(ranged);
  head.method = "HEAD";
  CHECK(decide_range(head, {.size = 100}).reason == RangeReason::Method);
  const Section twice("Range: bytes=0-9\nRange: bytes=0-9");
  CHECK(decide_range(get(twice), {.size = 100}).reason == RangeReason::Malformed);
  const Section none("");
  CHECK(decide_range(get(none), {.size = 100}).reason == RangeReason::None);
}

TEST_CASE("range: If-Range (section 13.1.5)") {
  struct Row {
    const char* if_range;
    bool holds;
  };
  const RangeTarget strong{.size = 100,
                           .etag = "\"x\"",
                           .last_modified = "Sun, 06 Nov 1994 08:49:37 GMT",
                           .date = "Sun, 06 Nov 1994 08:49:38 GMT"};
  for (const Row& row : {
           Row{"\"x\"", true},
           Row{"\"y\"", false},
           Row{"W/\"x\"", false},
           Row{"\"x\", \"y\"", false},
           Row{"x", false},
           Row{"*", false},
           Row{"", false},
           Row{"Sun, 06 Nov 1994 08:49:37 GMT", true},
           Row{"Sunday, 06-Nov-94 08:49:37 GMT", true},
           Row{"Sun, 06 Nov 1994 08:49:36 GMT", false},
           Row{"Sun, 06 Nov 1994 08:49:38 GMT", false},  // an exact match, not a comparison
           Row{"nonsense", false},
       }) {
    CAPTURE(std::string(row.if_range));
    const std::string fields = std::string("Range: bytes=0-9\nIf-Range: ") + row.if_range;
    const Section request(fields.c_str());
    const auto decision = decide_range(get(request), strong);
    CHECK((decision.send == RangeDecision::Send::Partial) == row.holds);
    if (!row.holds) CHECK(decision.reason == RangeReason::IfRange);
  }
  const Section dated("Range: bytes=0-9\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT");
  RangeTarget weak = strong;
  weak.date = "Sun, 06 Nov 1994 08:49:37 GMT";  // changed within the second of the response
  CHECK_FALSE(if_range_holds(dated, weak));
  weak.date = {};
  CHECK_FALSE(if_range_holds(dated, weak));
  RangeTarget weak_tag = strong;
  weak_tag.etag = "W/\"x\"";
  CHECK_FALSE(if_range_holds(Section("If-Range: W/\"x\""), weak_tag));
  CHECK_FALSE(if_range_holds(Section("If-Range: \"x\"\nIf-Range: \"x\""), strong));
  CHECK(if_range_holds(Section(""), strong));
}

TEST_CASE("range: Content-Range as received") {
  struct Row {
    const char* text;
    bool ok;
  };
  for (const Row& row : {
           Row{"bytes 0-9/100", true},
           Row{"BYTES 0-9/100", true},
           Row{"bytes 0-9/*", true},
           Row{"bytes 99-99/100", true},
           Row{"bytes 0-100/100", false},
           Row{"bytes 9-0/100", false},
           Row{"bytes */100", false},
           Row{"bytes 0-9", false},
           Row{"bytes 0-9/", false},
           Row{"bytes 0-9/100x", false},
           Row{"bytes=0-9/100", false},
           Row{"items 0-9/100", false},
           Row{"bytes 0-18446744073709551615/*", false},
           Row{"", false},
       }) {
    CAPTURE(std::string(row.text));
    atl::cache::ContentRange out;
    CHECK(parse_content_range(row.text, out) == row.ok);
  }
  atl::cache::ContentRange out;
  REQUIRE(parse_content_range("bytes 5-9/100", out));
  CHECK(out.first == 5);
  CHECK(out.last == 9);
  CHECK(out.size_known);
  CHECK(out.size == 100);
  CHECK(atl::cache::content_range({5, 9}, 100) == "bytes 5-9/100");
  CHECK(atl::cache::unsatisfied_content_range(100) == "bytes */100");
}

TEST_CASE("range: the body of a multipart answer adds up to its length") {
  const std::vector<ByteRange> ranges = {{0, 4}, {10, 19}, {99, 99}};
  const std::string whole(100, 'b');
  const auto plan = plan_multipart(ranges, 100, "text/plain", "sep");
  CHECK(plan.content_type == "multipart/byteranges; boundary=\"sep\"");
  std::string body;
  for (size_t i = 0; i < ranges.size(); ++i) {
    body += plan.heads[i];
    body += whole.substr(ranges[i].first, ranges[i].size());
  }
  body += plan.tail;
  CHECK(body.size() == plan.length);
  CHECK(body ==
        "--sep\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-4/100\r\n\r\nbbbbb"
        "\r\n--sep\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-19/100\r\n\r\nbbbbbbbbbb"
        "\r\n--sep\r\nContent-Type: text/plain\r\nContent-Range: bytes 99-99/100\r\n\r\nb"
        "\r\n--sep--\r\n");
  CHECK(plan_multipart(ranges, 100, "", "sep").heads[0] ==
        "--sep\r\nContent-Range: bytes 0-4/100\r\n\r\n");
}
