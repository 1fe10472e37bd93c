// What is made of heads that are accepted; the refusals are in tests/component/server.

#include "lib/http/request_parser.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/field_lookup.h"

namespace atl::http {
namespace {

using State = RequestParser::State;

std::unique_ptr<RequestParser> parsed(std::string_view text) {
  auto parser = std::make_unique<RequestParser>(HeadLimits{});
  CHECK(parser->feed(text) == text.size());
  REQUIRE(parser->state() == State::Complete);
  return parser;
}

TEST_CASE("request parser: a head and where everything in it is") {
  const auto parser = parsed(
      "GET /a/b?c=d HTTP/1.1\r\nHost: example.org:80\r\nX-A: \t one two \t\r\nx-a:\r\n"
      "Accept:*/*\r\n\r\n");
  const RequestHead& head = parser->head();
  CHECK(head.method == "GET");
  CHECK(head.target == "/a/b?c=d");
  CHECK(head.path_and_query == "/a/b?c=d");
  CHECK(head.authority == "example.org:80");
  CHECK(head.scheme == "http");
  CHECK(head.version_minor == 1);
  CHECK(head.keep_alive);
  CHECK_FALSE(head.expects_continue);
  CHECK_FALSE(head.chunked);
  CHECK(head.body_length == 0U);
  CHECK_FALSE(head.has_body());
  REQUIRE(head.fields.size() == 4);
  CHECK(head.fields[0].name == "Host");
  CHECK(head.fields[1].value == "one two");
  CHECK(head.fields[2].name == "x-a");
  CHECK(head.fields[2].value.empty());
  CHECK(head.fields[3].value == "*/*");
}

TEST_CASE("request parser: takes nothing behind the head") {
  RequestParser parser({});
  const std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string input = std::string(head) + "GET /next HTTP/1.1\r\n";
  CHECK(parser.feed(input) == head.size());
  CHECK(parser.state() == State::Complete);
  parser.reset();
  CHECK(parser.untouched());
  CHECK(parser.feed("GET /next HTTP/1.1\r\nHost: b\r\n\r\n") > 0);
  CHECK(parser.head().authority == "b");
}

TEST_CASE("request parser: begins with the first byte that is not of an empty line") {
  RequestParser parser({});
  CHECK_FALSE(parser.begun());
  parser.feed("\r\n\r");
  CHECK_FALSE(parser.begun());
  CHECK_FALSE(parser.untouched());
  parser.feed("\nG");
  CHECK(parser.begun());
}

TEST_CASE("request parser: targets") {
  struct Row {
    std::string line;
    std::string path;
    std::string authority;
  };
  for (const Row& row : std::vector<Row>{{"GET / HTTP/1.1", "/", "a"},
                                         {"GET //x/../y HTTP/1.1", "//x/../y", "a"},
                                         {"GET /|{}\\^` HTTP/1.1", "/|{}\\^`", "a"},
                                         {"GET /?100% HTTP/1.1", "/?100%", "a"},
                                         {"GET /http://b/ HTTP/1.1", "/http://b/", "a"},
                                         {"OPTIONS * HTTP/1.1", "*", "a"},
                                         {"OPTIONS http://b HTTP/1.1", "*", "b"},
                                         {"GET http://b HTTP/1.1", "/", "b"},
                                         {"GET HTTP://B:8080/p?q HTTP/1.1", "/p?q", "B:8080"},
                                         {"GET http://b?q HTTP/1.1", "/?q", "b"},
                                         {"GET http://[::1]:80/p HTTP/1.1", "/p", "[::1]:80"}}) {
    CAPTURE(row.line);
    const auto parser = parsed(row.line + "\r\nHost: a\r\n\r\n");
    CHECK(parser->head().path_and_query == row.path);
    CHECK(parser->head().authority == row.authority);
  }
}

TEST_CASE("request parser: whether the connection lasts") {
  struct Row {
    std::string version;
    std::string connection;
    bool lasts;
  };
  for (const Row& row : std::vector<Row>{{"1.1", "", true},
                                         {"1.1", "Connection: close\r\n", false},
                                         {"1.1", "Connection: x, Close\r\n", false},
                                         {"1.1", "Connection: x\r\nConnection: close\r\n", false},
                                         {"1.1", "Connection: keep-alive, close\r\n", false},
                                         {"1.1", "Connection: upgrade\r\nUpgrade: h2c\r\n", true},
                                         {"1.1", "Connection: closed\r\n", true},
                                         {"1.0", "", false},
                                         {"1.0", "Connection: Keep-Alive\r\n", true},
                                         {"1.0", "Connection: keep-alive, close\r\n", false}}) {
    CAPTURE(row.version);
    CAPTURE(row.connection);
    const auto parser =
        parsed("GET / HTTP/" + row.version + "\r\nHost: a\r\n" + row.connection + "\r\n");
    CHECK(parser->head().keep_alive == row.lasts);
  }
}

TEST_CASE("request parser: bodies that are announced") {
  CHECK(parsed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n")->head().body_length ==
        17U);
  CHECK(parsed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n")
            ->head()
            .body_length == 9223372036854775807U);
  CHECK(parsed("POST / HTTP/1.1\r\nHost: a\r\ncontent-length:007\r\n\r\n")->head().body_length ==
        7U);
  const auto chunked = parsed("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n");
  CHECK(chunked->head().chunked);
  CHECK_FALSE(chunked->head().body_length);
  CHECK(chunked->head().has_body());
}

TEST_CASE("request parser: 100-continue is expected of requests with a body, not of HTTP/1.0") {
  const auto expects = [](const std::string& version, const std::string& length) {
    return parsed("PUT / HTTP/" + version + "\r\nHost: a\r\nExpect: 100-Continue\r\n" + length +
                  "\r\n")
        ->head()
        .expects_continue;
  };
  CHECK(expects("1.1", "Content-Length: 1\r\n"));
  CHECK(expects("1.1", "Transfer-Encoding: chunked\r\n"));
  CHECK_FALSE(expects("1.1", "Content-Length: 0\r\n"));
  CHECK_FALSE(expects("1.1", ""));
  CHECK_FALSE(expects("1.0", "Content-Length: 1\r\n"));
  CHECK_FALSE(parsed("PUT / HTTP/1.0\r\nExpect: tea\r\n\r\n")->head().expects_continue);
}

TEST_CASE("request parser: HTTP/1.0 needs no Host") {
  const auto parser = parsed("GET / HTTP/1.0\r\n\r\n");
  CHECK(parser->head().version_minor == 0);
  CHECK(parser->head().authority.empty());
}

TEST_CASE("request parser: every method llhttp knows of HTTP") {
  for (const char* method :
       {"GET",   "HEAD",      "POST",     "PUT",       "DELETE",   "OPTIONS",  "TRACE",
        "PATCH", "PURGE",     "PROPFIND", "PROPPATCH", "MKCOL",    "COPY",     "MOVE",
        "LOCK",  "UNLOCK",    "SEARCH",   "REPORT",    "M-SEARCH", "LINK",     "UNLINK",
        "BIND",  "SUBSCRIBE", "NOTIFY",   "ACL",       "MERGE",    "CHECKOUT", "SOURCE"}) {
    CAPTURE(std::string(method));
    CHECK(parsed(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n")->head().method == method);
  }
}

TEST_CASE("request parser: views stay good while the head arrives in pieces that move its buffer") {
  RequestParser parser({});
  const std::string input = "GET /" + std::string(3000, 'p') +
                            " HTTP/1.1\r\nHost: a\r\nX: " + std::string(3000, 'v') + "\r\n\r\n";
  for (const char c : input) CHECK(parser.feed({&c, 1}) == 1);
  REQUIRE(parser.state() == State::Complete);
  CHECK(parser.head().method == "GET");
  CHECK(parser.head().target.size() == 3001);
  CHECK(value_of(parser.head().fields, "x")->size() == 3000);
}

}  // namespace
}  // namespace atl::http
