// Whole conversations: bytes in, bytes out, the same however the input is split.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

struct Conversation {
  const char* what;
  std::string_view input;
  std::string_view output;
  bool closes;
  std::vector<std::string> requests;
};

const std::vector<Conversation>& conversations() {
  static const std::vector<Conversation> kTable = {
      {"GET",
       "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"GET /hello"}},
      {"HEAD has the length and no body",
       "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
       false,
       {"HEAD /hello"}},
      {"HEAD of unknown length",
       "HEAD /chunks HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\n\r\n",
       false,
       {"HEAD /chunks"}},
      {"empty lines in front",
       "\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"GET /hello"}},
      {"close",
       "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
       true,
       {"GET /hello"}},
      {"close among other options",
       "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
       true,
       {"GET /hello"}},
      {"HTTP/1.0 closes",
       "GET /hello HTTP/1.0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
       true,
       {"GET /hello"}},
      {"HTTP/1.0 with keep-alive",
       "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
       false,
       {"GET /hello"}},
      {"HTTP/1.0 gets no chunks",
       "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonethree",
       true,
       {"GET /chunks"}},
      {"HTTP/1.0 gets no 103",
       "GET /hints HTTP/1.0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
       true,
       {"GET /hints"}},
      {"nothing after close is served",
       "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
       true,
       {"GET /hello"}},
      {"chunked answer with trailer",
       "GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "3\r\none\r\n5\r\nthree\r\n0\r\nX-Sum: 8\r\n\r\n",
       false,
       {"GET /chunks"}},
      {"answer in steps of known length",
       "GET /sized HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nonethree",
       false,
       {"GET /sized"}},
      {"204 has no framing",
       "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 204 No Content\r\n\r\n",
       false,
       {"GET /empty"}},
      {"304 has no framing",
       "GET /same HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\n\r\n",
       false,
       {"GET /same"}},
      {"a status line in two pieces",
       "GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
       false,
       {"GET /x"}},
      {"103 comes first",
       "GET /hints HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"GET /hints"}},
      {"a body of known length",
       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
       "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc|",
       false,
       {"POST /echo"}},
      {"a body of length 0",
       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n|",
       false,
       {"POST /echo"}},
      {"a chunked body with extensions and trailers",
       "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
       "3;a=b;c=\"d\"\r\nabc\r\n00a \t;x\r\n0123456789\r\n0\r\nX-T:  v \r\nContent-Length: "
       "9\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\nabc0123456789|X-T: v\r\n",
       false,
       {"POST /echo"}},
      {"an empty chunked body",
       "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n|",
       false,
       {"POST /echo"}},
      {"a body nobody reads is passed over",
       "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
       "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"POST /ignore", "GET /hello"}},
      {"a chunked body nobody reads is passed over",
       "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
       "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"POST /ignore", "GET /hello"}},
      {"pipelined, of every kind",
       "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
       "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"
       "GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
       "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc|"
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
       "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
       true,
       {"GET /hello", "POST /echo", "HEAD /hello", "GET /empty"}},
      {"Upgrade is not taken up",
       "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
       "Upgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"GET /hello", "GET /hello"}},
      {"absolute-form",
       "GET http://b:80/hello?x HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
       false,
       {"GET /hello?x"}},
      {"absolute-form with a query and no path",
       "GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
       false,
       {"GET /?x"}},
      {"OPTIONS *",
       "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
       false,
       {"OPTIONS *"}},
      {"fail() in the middle shows",
       "GET /fail HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart",
       true,
       {"GET /fail"}},
      {"fail() before an answer closes",
       "GET /fail-unanswered HTTP/1.1\r\nHost: a\r\n\r\n",
       "",
       true,
       {"GET /fail-unanswered"}},
  };
  return kTable;
}

void check(const Conversation& row, const Outcome& got) {
  CHECK(got.received == row.output);
  CHECK(got.fin == row.closes);
  CHECK_FALSE(got.reset);
  CHECK(got.requests == row.requests);
  CHECK(got.refused.empty());
}

TEST_CASE("conversation: in one read") {
  for (const Conversation& row : conversations()) {
    CAPTURE(std::string(row.what));
    check(row, converse({row.input}));
  }
}

TEST_CASE("conversation: split in two at every byte") {
  for (const Conversation& row : conversations()) {
    CAPTURE(std::string(row.what));
    for (size_t at = 1; at < row.input.size(); ++at) {
      CAPTURE(at);
      const Outcome got = converse({row.input.substr(0, at), row.input.substr(at)});
      if (got.received != row.output || got.fin != row.closes || got.requests != row.requests ||
          got.reset || !got.refused.empty()) {
        check(row, got);
      }
    }
  }
}

TEST_CASE("conversation: byte by byte") {
  for (const Conversation& row : conversations()) {
    CAPTURE(std::string(row.what));
    std::vector<std::string_view> bytes;
    for (size_t at = 0; at < row.input.size(); ++at) bytes.push_back(row.input.substr(at, 1));
    check(row, converse(bytes));
  }
}

TEST_CASE("conversation: answers to what came in one read leave in one write") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  std::string input;
  for (int i = 0; i < 10; ++i) input += "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  harness.send(peer, input);
  CHECK(harness.app.requests.size() == 10);
  CHECK(peer.reads() == 1);
  CHECK(peer.writes() == 1);
}

TEST_CASE("conversation: a request that waits holds back those behind it") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer,
               "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(harness.app.requests.size() == 1);
  CHECK_FALSE(peer.reading());  // one read of backlog is enough
  CHECK(peer.received().empty());
  harness.app.answer_later();
  harness.settle();
  CHECK(harness.app.requests.size() == 2);
  CHECK(peer.received() ==
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlater"
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(peer.writes() == 1);
  CHECK(peer.reading());
  CHECK(harness.app.handlers == 0);
}

TEST_CASE("conversation: pipelining pauses while the client takes no answers") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  peer.set_window(0);
  std::string input;
  for (int i = 0; i < 2000; ++i) input += "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  for (int i = 0; i < 10; ++i) harness.send(peer, input);
  CHECK_FALSE(peer.reading());
  const size_t served = harness.app.requests.size();
  CHECK(served > 1000);
  CHECK(served < 15'000);
  peer.take(std::string::npos);
  harness.settle();
  CHECK(harness.app.requests.size() == 20'000);
  CHECK(peer.received_bytes() ==
        20'000 * std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").size());
}

}  // namespace
}  // namespace atl::server::testing
