#include "origin/sources/http.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>

#include "tests/component/origin/scripted_upstream.h"
#include "tests/unit/origin/fake_responder.h"

namespace atl::origin::test {
namespace {

using namespace std::chrono_literals;
using rpc::FailureReason;

HttpOptions options_for(const ScriptedUpstream& upstream) {
  HttpOptions options;
  options.url = upstream.url();
  return options;
}

std::unique_ptr<Source> source_for(HttpOptions options) {
  auto made = make_http_source(std::move(options));
  REQUIRE(made);
  return std::move(*made);
}

// Answers every request of a connection with the same bytes.
ScriptedUpstream::Script says(std::string bytes) {
  return [bytes = std::move(bytes)](UpstreamConnection& c) {
    while (!c.read_head().empty()) c.send(bytes);
  };
}
// Answers one request and closes.
ScriptedUpstream::Script says_and_closes(std::string bytes) {
  return [bytes = std::move(bytes)](UpstreamConnection& c) {
    c.read_head();
    c.send(bytes);
  };
}

TEST_CASE("http: the request goes out as it came, and nothing is added") {
  std::promise<std::string> seen;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    seen.set_value(c.read_head());
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  HttpOptions options = options_for(upstream);
  options.url += "/base/";
  const auto source = source_for(options);
  const auto request = request_for(
      "GET", "/a/../b/%2e/./c?x=1&y=%20",
      "Cookie: a=b\r\nX-Two: 1\r\nx-two: 2\r\nX-Empty: \r\nX-Forwarded-For: 198.51.100.1\r\n"
      "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
      "Upgrade: h2c\r\nExpect: 100-continue\r\nContent-Length: 0\r\n");
  request->client_address = "192.0.2.9";
  request->traceparent = "00-aa-bb-01";
  const auto got = ask(*source, request);
  CHECK(got->response.status == 200);
  CHECK(seen.get_future().get() ==
        "GET /base/a/../b/%2e/./c?x=1&y=%20 HTTP/1.1\r\nHost: www.example.org\r\n"
        "Cookie: a=b\r\nX-Two: 1\r\nx-two: 2\r\nX-Empty:\r\n"
        "X-Forwarded-For: 198.51.100.1, 192.0.2.9\r\ntraceparent: 00-aa-bb-01\r\n\r\n");
  CHECK(got->sent);
}

TEST_CASE("http: which Host is sent") {
  struct Row {
    const char* host;
    bool preserve;
    std::string expected;
  };
  for (const Row& row : {Row{"", true, "www.example.org"}, Row{"", false, ""},
                         Row{"fixed.example:81", true, "fixed.example:81"}}) {
    std::promise<std::string> seen;
    ScriptedUpstream upstream([&](UpstreamConnection& c) {
      seen.set_value(c.read_head());
      c.send("HTTP/1.1 204 No\r\n\r\n");
    });
    HttpOptions options = options_for(upstream);
    options.host = row.host;
    options.preserve_host = row.preserve;
    const auto source = source_for(options);
    ask(*source, request_for("GET", "/"));
    const std::string host =
        row.expected.empty() ? "127.0.0.1:" + std::to_string(upstream.port()) : row.expected;
    CHECK(seen.get_future().get().find("\r\nHost: " + host + "\r\n") != std::string::npos);
  }
}

TEST_CASE("http: every status comes through") {
  std::atomic<int> status = 0;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    while (!c.read_head().empty()) {
      const bool empty = status == 204 || status == 304;
      c.send("HTTP/1.1 " + std::to_string(status) + " Said so\r\n" +
             (empty ? "\r\n" : "Content-Length: 2\r\n\r\nhi"));
    }
  });
  const auto source = source_for(options_for(upstream));
  for (int each = 200; each <= 999; ++each) {
    CAPTURE(each);
    status = each;
    const auto got = ask(*source, request_for("GET", "/"));
    REQUIRE(got->response.status == each);
    REQUIRE(got->response.reason == "Said so");
    REQUIRE(got->body == (each == 204 || each == 304 ? "" : "hi"));
    REQUIRE(got->trailers == "");
  }
  CHECK(upstream.connections() < 5);  // reused
}

TEST_CASE("http: fields, framing and encodings are left as they are") {
  struct Row {
    const char* what;
    std::string bytes;
    std::string fields;
    std::string body;
    std::optional<uint64_t> length;
    std::string trailers = "";
  };
  const std::string gzip = std::string("\x1f\x8b\x08\0\0 not really", 16);
  for (const Row& row : {
           Row{"repeated and odd",
               "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSET-COOKIE: b\r\nX-Odd!#: \xe4;,\"\r\n"
               "Content-Length: 1\r\n\r\nx",
               "Set-Cookie: a\r\nSET-COOKIE: b\r\nX-Odd!#: \xe4;,\"\r\nContent-Length: 1\r\n", "x",
               1},
           Row{"chunked with trailers",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
               "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-T: done\r\n\r\n",
               "Trailer: X-T\r\n", "abcde", std::nullopt, "X-T: done\r\n"},
           Row{"until close", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it", "",
               "all of it", std::nullopt},
           Row{"HTTP/1.0", "HTTP/1.0 200 OK\r\nA: b\r\n\r\nold", "A: b\r\n", "old", std::nullopt},
           Row{"not decoded",
               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 16\r\n\r\n" + gzip,
               "Content-Encoding: gzip\r\nContent-Length: 16\r\n", gzip, 16},
           Row{"redirect is passed on",
               "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
               "Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n", "", 0},
           Row{"more than announced is not ours",
               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdefgh", "Content-Length: 3\r\n",
               "abc", 3},
           Row{"an unknown transfer coding, until close",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: nonsense\r\n\r\nas it is", "", "as it is",
               std::nullopt},
           Row{"304 with a length",
               "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 500\r\n\r\n",
               "ETag: \"a\"\r\nContent-Length: 500\r\n", "", 0},
       }) {
    CAPTURE(row.what);
    ScriptedUpstream upstream(says_and_closes(row.bytes));
    const auto source = source_for(options_for(upstream));
    const auto got = ask(*source, request_for("GET", "/"));
    CHECK(got->response.fields == row.fields);
    CHECK(got->body == row.body);
    CHECK(got->response.body_length == row.length);
    CHECK(got->trailers == row.trailers);
  }
}

TEST_CASE("http: HEAD has a length and no body") {
  ScriptedUpstream upstream(says("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"));
  const auto source = source_for(options_for(upstream));
  for (int i = 0; i < 3; ++i) {
    const auto got = ask(*source, request_for("HEAD", "/"));
    CHECK(got->response.fields == "Content-Length: 500\r\n");
    CHECK(got->response.body_length == 0);
    CHECK(got->trailers == "");
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("http: informational responses are passed on, 100 is not") {
  ScriptedUpstream upstream(says(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n"
      "\r\nHTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const auto source = source_for(options_for(upstream));
  const auto got = ask(*source, request_for("GET", "/"));
  REQUIRE(got->informational.size() == 2);
  CHECK(got->informational[0] == std::pair<uint16_t, std::string>(103, "Link: </a>\r\n"));
  CHECK(got->informational[1].first == 199);
  CHECK(got->response.status == 200);
}

TEST_CASE("http: what goes wrong has a reason, and whether the request was seen") {
  struct Row {
    const char* what;
    ScriptedUpstream::Script script;
    FailureReason reason;
    bool head = false;
  };
  const auto closes_at_once = [](UpstreamConnection& c) { c.read_head(); };
  const auto resets = [](UpstreamConnection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    c.reset();
  };
  for (const Row& row : {
           Row{"no answer", closes_at_once, FailureReason::Reset},
           Row{"half a head", says_and_closes("HTTP/1.1 200 OK\r\nA: b\r\n"), FailureReason::Reset},
           Row{"short body", says_and_closes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
               FailureReason::Reset, true},
           Row{"no last chunk",
               says_and_closes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
               FailureReason::Reset, true},
           Row{"reset in the body", resets, FailureReason::Reset, true},
           Row{"not HTTP", says_and_closes("SSH-2.0-OpenSSH_9\r\n\r\n"), FailureReason::Protocol},
           Row{"a bare CR",
               says_and_closes("HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n"),
               FailureReason::Protocol},
           Row{"two lengths",
               says_and_closes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                               "Content-Length: 2\r\n\r\nab"),
               FailureReason::Protocol},
           Row{"101 unasked", says_and_closes("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
               FailureReason::Protocol},
       }) {
    CAPTURE(row.what);
    ScriptedUpstream upstream(row.script);
    const auto source = source_for(options_for(upstream));
    const auto got = ask(*source, request_for("GET", "/"));
    REQUIRE(got->failure);
    CHECK(rpc::to_string(got->failure->reason) == rpc::to_string(row.reason));
    CHECK(got->failure->request_seen);
    CHECK((got->heads == 1) == row.head);
    CHECK(!got->trailers);
  }
}

TEST_CASE("http: an upstream that is not there was not asked") {
  HttpOptions options;
  {
    ScriptedUpstream gone([](UpstreamConnection&) {});
    options.url = gone.url();
  }
  const auto source = source_for(options);
  CHECK(source->readiness().ready);
  const auto got = ask(*source, request_for("POST", "/"));
  REQUIRE(got->failure);
  CHECK(got->failure->reason == FailureReason::ConnectRefused);
  CHECK(!got->failure->request_seen);
  CHECK(!got->sent);
  CHECK(!source->readiness().ready);
  options.url = "http://no-such-host.invalid";
  const auto nameless = source_for(options);
  CHECK(ask(*nameless, request_for("GET", "/"))->failure->reason == FailureReason::NameNotResolved);
}

TEST_CASE("http: time is kept for the head, for silence in a body, and for the whole") {
  const auto silent = [](UpstreamConnection& c) {
    c.read_head();
    c.wait_for_close();
  };
  const auto stalls = [](UpstreamConnection& c) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    c.wait_for_close();
  };
  ScriptedUpstream no_head(silent), no_body(stalls);
  HttpOptions options = options_for(no_head);
  options.head_timeout = 500ms;
  const auto got = ask(*source_for(options), request_for("GET", "/"));
  CHECK(got->failure->reason == FailureReason::HeadTimeout);
  CHECK(got->failure->request_seen);
  options = options_for(no_body);
  options.idle_timeout = 100ms;
  const auto stalled = ask(*source_for(options), request_for("GET", "/"));
  CHECK(stalled->failure->reason == FailureReason::BodyTimeout);
  CHECK(stalled->body == "abc");
  options = options_for(no_body);
  options.timeout = 500ms;
  CHECK(ask(*source_for(options), request_for("GET", "/"))->failure->reason ==
        FailureReason::BodyTimeout);
}

TEST_CASE("http: request bodies stream, sized and chunked, with trailers") {
  for (const bool sized : {true, false}) {
    CAPTURE(sized);
    std::promise<std::pair<std::string, std::string>> seen;
    ScriptedUpstream upstream([&](UpstreamConnection& c) {
      std::string head = c.read_head();
      std::string body = sized ? c.read_exactly(300'000) : c.read_chunked();
      seen.set_value({std::move(head), std::move(body)});
      c.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    });
    const auto source = source_for(options_for(upstream));
    const auto request = request_for("PUT", "/up", "Content-Type: a/b\r\n");
    request->body_length = sized ? std::optional<uint64_t>(300'000) : std::nullopt;
    auto responder = std::make_shared<FakeResponder>();
    const auto handler = source->open(request, responder);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(responder->wait([&] { return responder->body_reads == i + 1; }));
      handler->on_body(std::string(100'000, static_cast<char>('x' + i)));
    }
    if (!sized) {
      REQUIRE(responder->wait([&] { return responder->body_reads == 4; }));
      handler->on_body_end("X-T: 1\r\n");
    }
    REQUIRE(responder->wait_over());
    CHECK(responder->response.status == 201);
    const auto [head, body] = seen.get_future().get();
    CHECK(head.starts_with("PUT /up HTTP/1.1\r\n"));
    CHECK(head.find("Content-Type: a/b\r\n") != std::string::npos);
    CHECK((head.find("Content-Length: 300000\r\n") != std::string::npos) == sized);
    CHECK((head.find("Transfer-Encoding: chunked\r\n") != std::string::npos) == !sized);
    CHECK(head.find("Expect") == std::string::npos);
    // Letters that occur in no chunk size.
    for (const char c : {'x', 'y', 'z'}) CHECK(std::ranges::count(body, c) == 100'000);
    if (!sized) CHECK(body.ends_with("0\r\nX-T: 1\r\n\r\n"));
  }
}

TEST_CASE("http: an empty POST says so") {
  std::promise<std::string> seen;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    seen.set_value(c.read_head());
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto source = source_for(options_for(upstream));
  ask(*source, request_for("POST", "/"));
  CHECK(seen.get_future().get().find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("http: a response nobody takes holds the upstream back") {
  std::atomic<uint64_t> sent = 0;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    c.read_head();
    constexpr uint64_t kSize = 256ULL << 20;
    c.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
    const std::string piece(64 << 10, 'x');
    while (sent < kSize && c.send(piece)) sent += piece.size();
  });
  const auto source = source_for(options_for(upstream));
  auto responder = std::make_shared<FakeResponder>();
  responder->keep = false;
  responder->capacity = 1 << 20;
  const auto handler = source->open(request_for("GET", "/"), responder);
  REQUIRE(responder->wait([&] { return responder->written >= 1 << 20; }));
  // Another exchange on the same thread goes on meanwhile.
  ScriptedUpstream other(says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  CHECK(ask(*source_for(options_for(other)), request_for("GET", "/"))->body == "ok");
  CHECK(responder->written < (1 << 20) + (64 << 10));
  CHECK(sent < 64ULL << 20);  // what the sockets and libcurl hold, not the 256 MiB
  responder->change([&] { responder->capacity = UINT64_MAX; });
  handler->on_writable();
  REQUIRE(responder->wait_over());
  CHECK(responder->written == 256ULL << 20);
  CHECK(responder->trailers == "");
}

TEST_CASE("http: cancelling closes the upstream's connection") {
  std::promise<void> closed;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    c.read_head();
    c.wait_for_close();
    closed.set_value();
  });
  const auto source = source_for(options_for(upstream));
  auto responder = std::make_shared<FakeResponder>();
  const auto handler = source->open(request_for("GET", "/"), responder);
  REQUIRE(responder->wait([&] { return responder->sent; }));
  handler->on_cancel();
  CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(responder->last_calls == 0);
}

TEST_CASE("http: a pooled connection that died is replaced, but no POST goes out twice") {
  std::atomic<int> posts = 0;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    // The first answer keeps the connection open; the next request on it gets a close.
    const std::string first = c.read_head();
    if (first.starts_with("POST")) ++posts;
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (c.index % 2 == 0) {
      const std::string second = c.read_head();
      if (second.starts_with("POST")) ++posts;
    }
  });
  const auto source = source_for(options_for(upstream));
  CHECK(ask(*source, request_for("GET", "/"))->body == "ok");  // connection 0
  CHECK(ask(*source, request_for("GET", "/"))->body == "ok");  // 0 dies, 1 answers
  CHECK(upstream.connections() == 2);
  // Connection 1 was closed by its script; 2 answers, stays, and dies with a POST on it.
  CHECK(ask(*source, request_for("GET", "/"))->body == "ok");
  const auto got = ask(*source, request_for("POST", "/"));
  REQUIRE(got->failure);
  CHECK(got->failure->reason == FailureReason::Reset);
  CHECK(got->failure->request_seen);
  CHECK(posts == 1);
}

TEST_CASE("http: connections are bounded, and the rest wait their turn") {
  std::atomic<int> now = 0, most = 0;
  ScriptedUpstream upstream([&](UpstreamConnection& c) {
    while (!c.read_head().empty()) {
      const int here = ++now;
      int seen = most;
      while (here > seen && !most.compare_exchange_weak(seen, here)) {
      }
      --now;
      c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  HttpOptions options = options_for(upstream);
  options.max_connections = 3;
  const auto source = source_for(options);
  std::vector<std::shared_ptr<FakeResponder>> responders;
  std::vector<std::shared_ptr<rpc::ExchangeHandler>> handlers;
  for (int i = 0; i < 100; ++i) {
    responders.push_back(std::make_shared<FakeResponder>());
    handlers.push_back(source->open(request_for("GET", "/"), responders.back()));
  }
  for (const auto& responder : responders) {
    REQUIRE(responder->wait_over());
    REQUIRE(responder->body == "ok");
  }
  CHECK(upstream.connections() <= 3);
  CHECK(most <= 3);
}

TEST_CASE("http: a file of certificates that is not there is said at the start") {
  HttpOptions options;
  options.url = "https://127.0.0.1:1";
  options.ca_file = "/nonexistent.pem";
  const auto made = make_http_source(options);
  REQUIRE(!made);
  CHECK(made.error() == "ca_file /nonexistent.pem: No such file or directory");
}

}  // namespace
}  // namespace atl::origin::test
