// Requests that must be refused: each with its status, the connection closed, the application not
// asked, and nothing after them served. Sections are of RFC 9112 unless said otherwise.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

using namespace std::string_literals;

struct Malformed {
  std::string what;
  std::string input;
  int status;
};

std::string get(const std::string& lines) {
  return "GET /hello HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}
std::string post(const std::string& lines, const std::string& body = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }

std::vector<Malformed> lines() {
  return {
      {"TLS", "\x16\x03\x01\x02\x00\x01"s, 400},
      {"noise", "\xff\xfe\xfd\r\n\r\n", 400},
      {"five empty lines", "\r\n\r\n\r\n\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bare LF in front", "\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bare CR in front", "\rGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a field line first", "Host: a\r\n\r\n", 400},
      {"HTTP/0.9", "GET /hello\r\n", 400},
      {"blank in front", line(" GET /hello HTTP/1.1"), 400},
      {"blank at the end", line("GET /hello HTTP/1.1 "), 400},
      {"two blanks", line("GET  /hello HTTP/1.1"), 400},
      {"two blanks before the version", line("GET /hello  HTTP/1.1"), 400},
      {"tabs", line("GET\t/hello\tHTTP/1.1"), 400},
      {"four words", line("GET /hello /x HTTP/1.1"), 400},
      {"no target", line("GET HTTP/1.1"), 400},
      {"method that is no token", line("G@T /hello HTTP/1.1"), 400},
      {"method with a colon", line("GET: /hello HTTP/1.1"), 400},
      {"unknown method, RFC 9110 9.1", line("BREW /hello HTTP/1.1"), 501},
      {"method in lower case", line("get /hello HTTP/1.1"), 501},
      {"method with a known beginning", line("GETS /hello HTTP/1.1"), 501},
      {"method of another protocol", line("DESCRIBE /hello HTTP/1.1"), 501},
      {"CONNECT", line("CONNECT a:80 HTTP/1.1"), 501},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"version 2.0", line("GET /hello HTTP/2.0"), 505},
      {"version 1.2", line("GET /hello HTTP/1.2"), 505},
      {"version 0.9", line("GET /hello HTTP/0.9"), 505},
      {"version in lower case", line("GET /hello http/1.1"), 400},
      {"version without minor", line("GET /hello HTTP/1"), 400},
      {"version of two digits", line("GET /hello HTTP/1.10"), 400},
      {"version with a comma", line("GET /hello HTTP/1,1"), 400},
      {"another protocol", line("GET /hello ICY/1.1"), 400},
      {"bare LF after the request line", "GET /hello HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare CR after the request line", "GET /hello HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"CR CR LF", "GET /hello HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
      {"relative target, 3.2", line("GET hello HTTP/1.1"), 400},
      {"asterisk for GET, 3.2.4", line("GET * HTTP/1.1"), 400},
      {"authority-form for GET, 3.2.3", line("GET a:80 HTTP/1.1"), 400},
      {"fragment", line("GET /hello#x HTTP/1.1"), 400},
      {"raw UTF-8", line("GET /h\xc3\xa9llo HTTP/1.1"), 400},
      {"NUL in the target", line("GET /\0 HTTP/1.1"s), 400},
      {"control byte in the target", line("GET /\x01 HTTP/1.1"), 400},
      {"DEL in the target", line("GET /\x7f HTTP/1.1"), 400},
      {"percent without digits, RFC 3986 2.1", line("GET /100% HTTP/1.1"), 400},
      {"percent with one digit", line("GET /%4 HTTP/1.1"), 400},
      {"percent with letters", line("GET /%zz?x HTTP/1.1"), 400},
      {"absolute-form without a host", line("GET http:///hello HTTP/1.1"), 400},
      {"absolute-form with a user, RFC 9110 4.2.4", line("GET http://u@a/hello HTTP/1.1"), 400},
      {"absolute-form with a bad port", line("GET http://a:99999/hello HTTP/1.1"), 400},
      {"absolute-form without slashes", line("GET http:/hello HTTP/1.1"), 400},
      {"https without TLS, RFC 9110 7.4", line("GET https://a/hello HTTP/1.1"), 421},
      {"foreign scheme", line("GET ftp://a/hello HTTP/1.1"), 400},
  };
}

std::vector<Malformed> fields() {
  return {
      {"no Host, 3.2", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"no Host although the target has one", "GET http://a/hello HTTP/1.1\r\n\r\n", 400},
      {"two Hosts, 3.2", get("Host: b\r\n"), 400},
      {"two equal Hosts", get("hOST: a\r\n"), 400},
      {"two Hosts in HTTP/1.0", "GET /hello HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"empty Host", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host with a path", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with a user", "GET /hello HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Host with a blank", "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"Host list", "GET /hello HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
      {"Host with a letter in the port", "GET /hello HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
      {"Host with an empty port", "GET /hello HTTP/1.1\r\nHost: a:\r\n\r\n", 400},
      {"Host with a port past 65535", "GET /hello HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
      {"Host with an open bracket", "GET /hello HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"Host with a percent sign", "GET /hello HTTP/1.1\r\nHost: a%00\r\n\r\n", 400},
      {"Host with a non-ASCII byte", "GET /hello HTTP/1.1\r\nHost: \xe9\r\n\r\n", 400},
      {"NUL in a value, RFC 9110 5.5", get("X: a\0b\r\n"s), 400},
      {"NUL in a name", get("X\0Y: a\r\n"s), 400},
      {"control byte in a value", get("X: \x07\r\n"), 400},
      {"DEL in a value", get("X: \x7f\r\n"), 400},
      {"bare CR in a value, 2.2", get("X: a\rb\r\n"), 400},
      {"bare CR before a field", get("X: a\rContent-Length: 5\r\n"), 400},
      {"bare LF after a field", "GET /hello HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"bare LF at the end", "GET /hello HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"LF CR at the end", "GET /hello HTTP/1.1\r\nHost: a\r\n\n\r", 400},
      {"CR CR LF at the end", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\r\n", 400},
      {"folded with a blank, 5.2", get("X: a\r\n b\r\n"), 400},
      {"folded with a tab, 5.2", get("X: a\r\n\tContent-Length: 5\r\n"), 400},
      {"folded first line, 2.2", "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"blank before the colon, 5.1", get("X : a\r\n"), 400},
      {"tab before the colon", get("Content-Length\t: 5\r\n"), 400},
      {"no colon", get("X a\r\n"), 400},
      {"no name", get(": a\r\n"), 400},
      {"name in quotes", get("\"X\": a\r\n"), 400},
      {"name with a non-ASCII byte", get("X\xe9: a\r\n"), 400},
      {"unknown expectation, RFC 9110 10.1.1", get("Expect: 200-ok\r\n"), 417},
      {"expectation with a parameter", get("Expect: 100-continue;x\r\n"), 417},
  };
}

std::vector<Malformed> framings() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"length and coding, 6.1", post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"), 400},
      {"coding and length, 6.1", post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"length and unknown coding", post("Content-Length: 5\r\nTransfer-Encoding: x\r\n"), 400},
      {"two lengths, 6.3", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"list of lengths", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"length with a sign", post("Content-Length: +5\r\n", "hello"), 400},
      {"negative length", post("Content-Length: -5\r\n", "hello"), 400},
      {"hexadecimal length", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"length with a blank", post("Content-Length: 1 5\r\n", "hello"), 400},
      {"length with a decimal point", post("Content-Length: 5.0\r\n", "hello"), 400},
      {"length in quotes", post("Content-Length: \"5\"\r\n", "hello"), 400},
      {"empty length", post("Content-Length:\r\n", "hello"), 400},
      {"length past 63 bits", post("Content-Length: 9223372036854775808\r\n"), 400},
      {"length past 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello"), 400},
      {"unknown coding, 6.1", post("Transfer-Encoding: gzip\r\n"), 501},
      {"coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"coding after chunked", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501},
      {"chunked twice, 7.1", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
      {"chunked in two fields", post(chunked + chunked, "0\r\n\r\n"), 501},
      {"chunked beside identity", post(chunked + "Transfer-Encoding: identity\r\n", "0\r\n\r\n"),
       501},
      {"identity", post("Transfer-Encoding: identity\r\n"), 501},
      {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 501},
      {"chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 501},
      {"chunked with a comma", post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n"), 501},
      {"a coding like chunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
      {"a coding with a vertical tab",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       400},
      {"empty coding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), 501},
      {"coding in HTTP/1.0, 6.1", "POST /echo HTTP/1.0\r\nHost: a\r\n" + chunked + "\r\n0\r\n\r\n",
       400},
  };
}

// Well-formed heads with bodies that are not. The application sees the head and no end of body.
std::vector<Malformed> bodies() {
  std::vector<Malformed> out;
  const std::string many_digits(16, '0');
  for (const auto& [what, body] : std::vector<std::pair<std::string, std::string>>{
           {"size that is no number, 7.1", "zz\r\nabc\r\n0\r\n\r\n"},
           {"size with a sign", "+3\r\nabc\r\n0\r\n\r\n"},
           {"negative size", "-1\r\nabc\r\n0\r\n\r\n"},
           {"size with a prefix", "0x3\r\nabc\r\n0\r\n\r\n"},
           {"size past 60 bits", "1000000000000000\r\nabc"},
           {"size of many zeros", many_digits + "3\r\nabc\r\n0\r\n\r\n"},
           {"no size", "\r\nabc\r\n0\r\n\r\n"},
           {"blank before the size", " 3\r\nabc\r\n0\r\n\r\n"},
           {"blank after the size", "3 \r\nabc\r\n0\r\n\r\n"},
           {"words after the size", "3 x\r\nabc\r\n0\r\n\r\n"},
           {"chunk longer than its size", "3\r\nabcd\r\n0\r\n\r\n"},
           {"chunk shorter than its size", "3\r\nab\r\n0\r\n\r\n"},
           {"bare LF after a size", "3\nabc\r\n0\r\n\r\n"},
           {"bare CR after a size", "3\rabc\r\n0\r\n\r\n"},
           {"bare LF after a chunk", "3\r\nabc\n0\r\n\r\n"},
           {"bare CR after a chunk", "3\r\nabc\r0\r\n\r\n"},
           {"bare LF in an extension", "3;a\n\r\nabc\r\n0\r\n\r\n"},
           {"NUL in an extension", "3;a\0\r\nabc\r\n0\r\n\r\n"s},
           {"bare LF after the last size", "0\n\r\n"},
           {"bare LF at the end", "0\r\n\n"},
           {"bare CR at the end", "0\r\n\rx"},
           {"NUL in a trailer", "0\r\nX: \0\r\n\r\n"s},
           {"bare LF after a trailer", "0\r\nX: y\n\r\n"},
           {"trailer without a name", "0\r\n: y\r\n\r\n"},
           {"trailer with a blank before the colon", "0\r\nX : y\r\n\r\n"},
           {"folded trailer", "0\r\nX: y\r\n z\r\n\r\n"},
           {"a request where a trailer should be", "0\r\nGET /x HTTP/1.1\r\n\r\n"}}) {
    out.push_back({what, post("Transfer-Encoding: chunked\r\n", body), 400});
  }
  return out;
}

void check_refused(const Malformed& row, const Outcome& got) {
  CHECK(statuses(got.received) == std::vector<int>{row.status});
  CHECK(got.received.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(got.received.find("\r\nDate: ") != std::string::npos);
  CHECK(got.fin);
  CHECK_FALSE(got.reset);
}

bool is_refused(const Malformed& row, const Outcome& got) {
  return statuses(got.received) == std::vector<int>{row.status} && got.fin && !got.reset;
}

std::vector<Malformed> heads() {
  auto all = lines();
  for (const auto& more : {fields(), framings()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

const std::string kFollowUp = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_CASE("malformed: heads are refused and never reach the application") {
  CHECK(heads().size() >= 100);
  for (const Malformed& row : heads()) {
    CAPTURE(row.what);
    for (const std::string& input : {row.input, row.input + kFollowUp}) {
      const Outcome got = converse({input});
      check_refused(row, got);
      CHECK(got.requests.empty());
      CHECK(got.refused == std::vector<uint16_t>{static_cast<uint16_t>(row.status)});
    }
  }
}

TEST_CASE("malformed: bodies are refused and never come to their end") {
  for (const Malformed& row : bodies()) {
    CAPTURE(row.what);
    for (const std::string& input : {row.input, row.input + kFollowUp}) {
      ServerHarness harness;
      MemoryPeer& peer = harness.connect();
      harness.send(peer, input);
      check_refused(row, {.received = peer.received(), .fin = peer.saw_fin()});
      CHECK(harness.app.requests == std::vector<std::string>{"POST /echo"});
      CHECK(harness.app.aborted == std::vector<Abort>{Abort::ClientInvalid});
      CHECK(harness.app.handlers == 0);
      CHECK(harness.set.statistics().in_flight == 0);
    }
  }
}

TEST_CASE("malformed: refused however the input is split") {
  auto all = heads();
  const auto with_bodies = bodies();
  all.insert(all.end(), with_bodies.begin(), with_bodies.end());
  for (const Malformed& row : all) {
    CAPTURE(row.what);
    const std::string_view input = row.input;
    for (size_t at = 1; at < input.size(); ++at) {
      CAPTURE(at);
      const Outcome got = converse({input.substr(0, at), input.substr(at), kFollowUp});
      if (!is_refused(row, got)) check_refused(row, got);
    }
  }
}

TEST_CASE("malformed: what is refused in a pipeline comes after the answers before it") {
  const std::string good = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  const Outcome got = converse({good + good + "GET /x HTTP/1.1\r\n\r\n" + good});
  CHECK(statuses(got.received) == std::vector<int>{200, 200, 400});
  CHECK(got.requests.size() == 2);
  CHECK(got.fin);
}

TEST_CASE("malformed: a body that breaks after the answer began ends in a reset") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(statuses(peer.received()) == std::vector<int>{200});
  harness.send(peer, "zz\r\n" + kFollowUp);
  CHECK(peer.saw_fin());
  CHECK(statuses(peer.received()) == std::vector<int>{200});
  CHECK(harness.app.requests.size() == 1);
}

}  // namespace
}  // namespace atl::server::testing
