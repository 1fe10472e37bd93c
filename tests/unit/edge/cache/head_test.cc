#include "edge/cache/head.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using atl::cache::build_head;
using atl::cache::testing::kNow;
using atl::cache::testing::Section;

TEST_CASE("head: what is stored of a response (RFC 9111 section 3.1)") {
  struct Row {
    const char* fields;
    const char* want;  // after the status line, with '|' for CRLF
  };
  const char* date = "Date: Sun, 06 Nov 1994 08:49:37 GMT|Via: 1.1 atoll-fra|";
  for (const Row& row : {
           Row{"", ""},
           Row{"A: 1\nA: 2\nb: 3", "A: 1|A: 2|b: 3|"},
           Row{"Set-Cookie: a=b, c", "Set-Cookie: a=b, c|"},
           Row{"X:", "X: |"},
           Row{"Connection: close", ""},
           Row{"Connection: a, B\nA: 1\nb: 2\nC: 3", "C: 3|"},
           Row{"Connection: a\nConnection: c\nA: 1\nC: 3", ""},
           Row{"Connection: cache-control\nCache-Control: max-age=1", "Cache-Control: max-age=1|"},
           Row{"Keep-Alive: x\nProxy-Connection: x\nTE: x\nTrailer: x\nTransfer-Encoding: "
               "x\nUpgrade: x",
               ""},
           Row{"Proxy-Authenticate: x\nProxy-Authorization: x\nProxy-Authentication-Info: x", ""},
           Row{"Content-Length: 5\nAge: 7", ""},
           Row{"content-length: 5\nAGE: 7", ""},
       }) {
    CAPTURE(std::string(row.fields));
    std::string out = "what was there before";
    const Section fields(row.fields);
    build_head(
        {.status = 200, .reason = "OK", .fields = fields, .received = kNow, .via = "atoll-fra"},
        out);
    std::string want = std::string("HTTP/1.1 200 OK|") + row.want + date;
    for (size_t at; (at = want.find('|')) != std::string::npos;) want.replace(at, 1, "\r\n");
    CHECK(out == want);
  }
}

TEST_CASE("head: Date is kept, phrases are found, Via is optional") {
  std::string out;
  const Section dated("Date: Thu, 01 Jan 1970 00:00:00 GMT");
  build_head({.status = 404, .fields = dated, .received = kNow}, out);
  CHECK(out == "HTTP/1.1 404 Not Found\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  build_head({.status = 999, .fields = dated, .received = kNow}, out);
  CHECK(out.starts_with("HTTP/1.1 999 \r\n"));
}

TEST_CASE("head: reading back") {
  const std::string head = "HTTP/1.1 200 OK\r\nA: 1\r\nETag: \"x: y\"\r\na: 2\r\nEmpty: \r\n";
  std::vector<atl::http::Field> fields;
  atl::cache::read_head(head, fields);
  REQUIRE(fields.size() == 4);
  CHECK(fields[1].value == "\"x: y\"");
  CHECK(fields[3].value.empty());
  CHECK(atl::cache::find_in_head(head, "A") == "1");
  CHECK(atl::cache::find_in_head(head, "etag") == "\"x: y\"");
  CHECK(atl::cache::find_in_head(head, "empty").data() != nullptr);
  CHECK(atl::cache::find_in_head(head, "absent").data() == nullptr);
  atl::cache::read_head("HTTP/1.1 200 OK\r\n", fields);
  CHECK(fields.empty());
  atl::cache::read_head("", fields);
  CHECK(fields.empty());
}

TEST_CASE("head: 304, 206 and 416 made of a stored 200") {
  const std::string stored =
      "HTTP/1.1 200 OK\r\nDate: d\r\nETag: \"x\"\r\nContent-Type: text/plain\r\nContent-Encoding: "
      "gzip\r\n"
      "Cache-Control: max-age=1\r\nVary: a\r\nExpires: e\r\nContent-Location: /l\r\nLast-Modified: "
      "m\r\n"
      "Set-Cookie: c\r\nX: y\r\nVia: v\r\n";
  std::string out;
  atl::cache::build_not_modified_head(stored, out);
  CHECK(out ==
        "HTTP/1.1 304 Not Modified\r\nDate: d\r\nETag: \"x\"\r\nCache-Control: max-age=1\r\nVary: "
        "a\r\n"
        "Expires: e\r\nContent-Location: /l\r\nLast-Modified: m\r\nVia: v\r\n");

  atl::cache::build_partial_head(stored, {.content_range = "bytes 0-1/2"}, out);
  CHECK(out.starts_with("HTTP/1.1 206 Partial Content\r\nDate: d\r\n"));
  CHECK(out.find("Content-Type: text/plain\r\n") != std::string::npos);
  CHECK(out.ends_with("Content-Range: bytes 0-1/2\r\n"));

  atl::cache::build_partial_head(stored, {.content_range = "bytes 0-1/2", .validated = true}, out);
  CHECK(out.find("Content-Type") == std::string::npos);
  CHECK(out.find("Content-Encoding") == std::string::npos);
  CHECK(out.find("Content-Location: /l\r\n") != std::string::npos);

  atl::cache::build_partial_head(stored, {.content_type = "multipart/byteranges; boundary=\"b\""},
                                 out);
  CHECK(out.find("text/plain") == std::string::npos);
  CHECK(out.ends_with("Content-Type: multipart/byteranges; boundary=\"b\"\r\n"));

  atl::cache::build_unsatisfiable_head(stored, 100, out);
  CHECK(
      out ==
      "HTTP/1.1 416 Range Not Satisfiable\r\nDate: d\r\nVia: v\r\nContent-Range: bytes */100\r\n");
}
