#include "origin/sources/upstream_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::origin {
namespace {

using Event = UpstreamHead::Event;

Event feed(UpstreamHead& head, const std::vector<std::string>& lines) {
  Event last = Event::More;
  for (const std::string& line : lines) {
    last = head.add(line + "\r\n");
    if (last == Event::Invalid) return last;
  }
  return last;
}

TEST_CASE("upstream head: end-to-end fields stay, in order and repeated") {
  UpstreamHead head(false);
  CHECK(feed(head, {"HTTP/1.1 200 Fine by me", "A: 1", "Set-Cookie: a=b", "set-cookie: c=d",
                    "X-Odd:", "Connection: close, X-Hop", "X-Hop: gone", "Keep-Alive: timeout=5",
                    "Transfer-Encoding: chunked", "Upgrade: h2c", "Trailer: X-T", ""}) ==
        Event::Final);
  CHECK(head.status() == 200);
  CHECK(head.reason() == "Fine by me");
  CHECK(head.take_fields() ==
        "A: 1\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\nX-Odd: \r\nTrailer: X-T\r\n");
  CHECK(!head.body_length());
  CHECK(feed(head, {"X-T: t", "Connection: x", ""}) == Event::More);
  CHECK(head.take_trailers() == "X-T: t\r\n");
}

TEST_CASE("upstream head: informational ones come first and are forgotten") {
  UpstreamHead head(false);
  CHECK(feed(head, {"HTTP/1.1 100 Continue", ""}) == Event::More);
  CHECK(feed(head, {"HTTP/1.1 103 Early Hints", "Link: </a>", ""}) == Event::Informational);
  CHECK(head.status() == 103);
  CHECK(head.take_fields() == "Link: </a>\r\n");
  CHECK(feed(head, {"HTTP/2 404 ", "B: 2", ""}) == Event::Final);
  CHECK(head.status() == 404);
  CHECK(head.reason().empty());
  CHECK(head.take_fields() == "B: 2\r\n");
}

TEST_CASE("upstream head: how long the body is") {
  struct Row {
    bool bodiless_method;
    std::vector<std::string> lines;
    std::optional<uint64_t> length;
  };
  for (const Row& row : {
           Row{false, {"HTTP/1.1 200 OK", "Content-Length: 5", ""}, 5},
           Row{false, {"HTTP/1.1 200 OK", "Content-Length: 5", "content-length: 5", ""}, 5},
           Row{false, {"HTTP/1.1 200 OK", ""}, std::nullopt},
           Row{true, {"HTTP/1.1 200 OK", "Content-Length: 5", ""}, 0},
           Row{false, {"HTTP/1.1 204 No", ""}, 0},
           Row{false, {"HTTP/1.1 304 Not", "Content-Length: 5", ""}, 0},
           Row{false,
               {"HTTP/1.1 200 OK", "Content-Length: 5", "Transfer-Encoding: chunked", ""},
               std::nullopt},
           Row{false, {"HTTP/1.1 200 OK", "Transfer-Encoding: odd", ""}, std::nullopt},
       }) {
    UpstreamHead head(row.bodiless_method);
    CHECK(feed(head, row.lines) == Event::Final);
    CHECK(head.body_length() == row.length);
  }
}

TEST_CASE("upstream head: what is no HTTP") {
  for (const std::vector<std::string>& lines : std::vector<std::vector<std::string>>{
           {"HTTP/1.1 20 OK"},
           {"HTTP/1.1 099 Low"},
           {"HTTP/1.1 2000 OK"},
           {"HTTP/1.1 200 a\rb"},
           {"SMTP/1.1 200 OK"},
           {"HTTP/1.1"},
           {"HTTP/1.1 200 OK", "no colon", ""},
           {"HTTP/1.1 200 OK", "a b: c", ""},
           {"HTTP/1.1 200 OK", "a : c", ""},
           {"HTTP/1.1 200 OK", " folded first", ""},
           {"HTTP/1.1 200 OK", "a: b\rc", ""},
           {"HTTP/1.1 200 OK", std::string("a: b\0c", 6), ""},
           {"HTTP/1.1 200 OK", "Content-Length: -1", ""},
           {"HTTP/1.1 200 OK", "Content-Length: 1, 1", ""},
           {"HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2", ""},
           {"HTTP/1.1 101 Switching", ""},
           {"HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", ""},
           {"HTTP/1.1 200 OK", "Transfer-Encoding: X-GZip;q=1", ""},
           {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked, identity", ""},
           {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "transfer-encoding: Chunked", ""},
           {"HTTP/1.1 200 OK", "a: " + std::string(200'000, 'x'), ""},
       }) {
    CAPTURE(lines.back());
    UpstreamHead head(false);
    CHECK(feed(head, lines) == Event::Invalid);
    CHECK(*head.problem() != '\0');
  }
}

TEST_CASE("upstream head: a folded line joins the one before") {
  UpstreamHead head(false);
  CHECK(feed(head, {"HTTP/1.1 200 OK", "a: b", "   c ", "\td", ""}) == Event::Final);
  CHECK(head.take_fields() == "a: b c d\r\n");
}

}  // namespace
}  // namespace atl::origin
