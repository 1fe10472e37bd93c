#include "origin/sources/representation.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/origin/fake_responder.h"

namespace atl::origin {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr sys_seconds kModified{seconds(784111777)};
constexpr const char* kModifiedText = "Sun, 06 Nov 1994 08:49:37 GMT";
const WallTime kNow = kModified + std::chrono::hours(24);

Representation thing() { return {1000, "\"v1\"", kModified, "text/plain", "max-age=5"}; }

Plan plan(const char* method, const std::string& fields) {
  return plan_answer(*test::request_for(method, "/x", fields), thing(), kNow);
}

TEST_CASE("representation: a plain answer") {
  const Plan got = plan("GET", "");
  CHECK(got.head.status == 200);
  CHECK(got.head.body_length == 1000);
  CHECK(got.offset == 0);
  CHECK(got.length == 1000);
  CHECK(got.head.fields ==
        "Date: Mon, 07 Nov 1994 08:49:37 GMT\r\nETag: \"v1\"\r\nLast-Modified: "
        "Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: max-age=5\r\nAccept-Ranges: bytes\r\n"
        "Content-Type: text/plain\r\nContent-Length: 1000\r\n");
  const Plan head = plan("HEAD", "Range: bytes=0-1\r\n");
  CHECK(head.head.status == 200);
  CHECK(head.length == 0);
  CHECK(head.head.body_length == 0);
  CHECK(head.head.fields == got.head.fields);
}

TEST_CASE("representation: conditions, in the order of RFC 9110 section 13.2.2") {
  const std::string at = std::string(kModifiedText) + "\r\n";
  const std::string before = "Sun, 06 Nov 1994 08:49:36 GMT\r\n";
  struct Row {
    std::string fields;
    uint16_t status;
  };
  for (const Row& row : {
           Row{"If-None-Match: \"v1\"\r\n", 304},
           Row{"If-None-Match: W/\"v1\"\r\n", 304},
           Row{"If-None-Match: \"a\", \"v1\"\r\n", 304},
           Row{"If-None-Match: \"a\"\r\nIf-None-Match: \"v1\"\r\n", 304},
           Row{"If-None-Match: *\r\n", 304},
           Row{"If-None-Match: \"v2\"\r\n", 200},
           Row{"If-None-Match: v1\r\n", 200},
           Row{"If-None-Match: \"a,\"v1\"\r\n", 200},
           Row{"If-Modified-Since: " + at, 304},
           Row{"If-Modified-Since: " + before, 200},
           Row{"If-Modified-Since: yesterday\r\n", 200},
           // The tag decides; the date is not looked at.
           Row{"If-None-Match: \"v2\"\r\nIf-Modified-Since: " + at, 200},
           Row{"If-Match: \"v1\"\r\n", 200},
           Row{"If-Match: W/\"v1\"\r\n", 412},
           Row{"If-Match: \"v2\"\r\n", 412},
           Row{"If-Match: *\r\n", 200},
           Row{"If-Unmodified-Since: " + at, 200},
           Row{"If-Unmodified-Since: " + before, 412},
           Row{"If-Match: \"v1\"\r\nIf-None-Match: \"v1\"\r\n", 304},
           Row{"If-None-Match: \"v1\"\r\nRange: bytes=0-1\r\n", 304},
       }) {
    CAPTURE(row.fields);
    CHECK(plan("GET", row.fields).head.status == row.status);
  }
  const Plan not_modified = plan("GET", "If-None-Match: *\r\n");
  CHECK(not_modified.length == 0);
  CHECK(not_modified.head.body_length == 0);
  CHECK(not_modified.head.fields.find("ETag: \"v1\"") != std::string::npos);
  CHECK(not_modified.head.fields.find("Content-Length") == std::string::npos);
}

TEST_CASE("representation: ranges") {
  struct Row {
    std::string range;
    uint16_t status;
    uint64_t offset = 0;
    uint64_t length = 1000;
  };
  for (const Row& row : {
           Row{"bytes=0-0", 206, 0, 1},
           Row{"bytes=0-999", 206, 0, 1000},
           Row{"bytes=500-", 206, 500, 500},
           Row{"bytes=-1", 206, 999, 1},
           Row{"bytes=-5000", 206, 0, 1000},
           Row{"bytes=990-5000", 206, 990, 10},
           Row{"BYTES=1-2", 206, 1, 2},
           Row{"bytes= 1-2", 206, 1, 2},
           Row{"bytes=0-99999999999999999999999", 206, 0, 1000},
           Row{"bytes=1000-", 416},
           Row{"bytes=99999999999999999999-", 416},
           Row{"bytes=-0", 416},
           Row{"bytes=2-1", 200},
           Row{"bytes=a-b", 200},
           Row{"bytes=1", 200},
           Row{"bytes=", 200},
           Row{"bytes=-", 200},
           Row{"bytes=1-2,4-5", 200},
           Row{"lines=1-2", 200},
           Row{"bytes=+1-2", 200},
           Row{"bytes=1-2x", 200},
       }) {
    CAPTURE(row.range);
    const Plan got = plan("GET", "Range: " + row.range + "\r\n");
    CHECK(got.head.status == row.status);
    if (row.status == 416) {
      CHECK(got.head.fields.find("Content-Range: bytes */1000\r\n") != std::string::npos);
      continue;
    }
    CHECK(got.offset == row.offset);
    CHECK(got.length == row.length);
    CHECK(got.head.body_length == row.length);
  }
  CHECK(plan("GET", "Range: bytes=1-2\r\n").head.fields.find("Content-Range: bytes 1-2/1000\r\n") !=
        std::string::npos);
}

TEST_CASE("representation: If-Range lets a range through only for the same representation") {
  struct Row {
    std::string condition;
    uint16_t status;
  };
  for (const Row& row :
       {Row{"\"v1\"", 206}, Row{"\"v2\"", 200}, Row{"W/\"v1\"", 200}, Row{kModifiedText, 206},
        Row{"Sun, 06 Nov 1994 08:49:38 GMT", 200}, Row{"nonsense", 200}}) {
    CAPTURE(row.condition);
    CHECK(plan("GET", "Range: bytes=0-1\r\nIf-Range: " + row.condition + "\r\n").head.status ==
          row.status);
  }
  // Modified within the very second of the answer: the date tells nothing.
  const auto request = test::request_for(
      "GET", "/x", std::string("Range: bytes=0-1\r\nIf-Range: ") + kModifiedText + "\r\n");
  CHECK(plan_answer(*request, thing(), kModified + std::chrono::milliseconds(500)).head.status ==
        200);
}

TEST_CASE("representation: an empty one has no ranges") {
  Representation empty = thing();
  empty.size = 0;
  for (const char* range : {"bytes=0-", "bytes=-1", "bytes=0-0"}) {
    const auto request = test::request_for("GET", "/x", std::string("Range: ") + range + "\r\n");
    CHECK(plan_answer(*request, empty, kNow).head.status == 416);
  }
}

}  // namespace
}  // namespace atl::origin
