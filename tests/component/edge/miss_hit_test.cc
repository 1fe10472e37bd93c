// What becomes of one request after the other: stored, revalidated, served stale, passed through.
#include <doctest/doctest.h>

#include "tests/component/edge/lab.h"

namespace atl::test {
namespace {

constexpr std::string_view kFresh = "Cache-Control: max-age=60\r\nETag: \"v1\"\r\n";

void always(FakeOrigin& origin, std::string_view lines, std::string body) {
  origin.on_open = [lines = std::string(lines), body](const FakeCallPtr& call) {
    call->answer(200, lines, body);
  };
}

TEST_CASE("edge: a miss is stored and the next request is a hit") {
  Lab lab;
  always(lab.origin, kFresh, "hello");
  const auto first = lab.bench.ask("/a");
  CHECK(first->status() == 200);
  CHECK(first->body() == "hello");
  CHECK(first->done());
  CHECK(first->has("Cache-Status: atoll-fra; fwd=miss; fwd-status=200; ttl=60; stored\r\n"));
  CHECK(first->has("Via: 1.1 atoll-fra\r\n"));
  CHECK_FALSE(first->has("Age:"));

  const auto second = lab.bench.ask("/a");
  CHECK(second->body() == "hello");
  CHECK(second->has("Age: 0\r\nCache-Status: atoll-fra; hit; ttl=60\r\n"));
  CHECK(second->framing().length == 5);
  CHECK(lab.origin.opened() == 1);
  CHECK(lab.bench.counters.hits.get() == 1);
  CHECK(lab.bench.counters.misses.get() == 1);
}

TEST_CASE(
    "edge: the request goes to the origin with Via and CDN-Loop and without what is not its") {
  Lab lab;
  always(lab.origin, kFresh, "x");
  lab.bench.ask("/a", {{"Connection", "X-Secret, close"},
                       {"X-Secret", "1"},
                       {"Keep-Alive", "5"},
                       {"Via", "1.1 before"},
                       {"CDN-Loop", "other"},
                       {"If-None-Match", "\"zzz\""},
                       {"Range", "bytes=0-1"},
                       {"Accept", "text/html"}});
  const auto call = lab.origin.call(0);
  CHECK(call->fields ==
        "Via: 1.1 before\r\nCDN-Loop: other\r\nAccept: text/html\r\n"
        "Via: 1.1 atoll-fra\r\nCDN-Loop: atoll-fra\r\nRange: bytes=0-1048575\r\n");
  CHECK(call->authority == "www.example.org");
  CHECK(call->target == "/a");
  CHECK(call->client_address == "192.0.2.7");
}

TEST_CASE("edge: what the origin says of its age is passed on") {
  Lab lab;
  always(lab.origin, "Cache-Control: max-age=60\r\nAge: 30\r\n", "x");
  CHECK(lab.bench.ask("/a")->has("Age: 30\r\n"));
  CHECK(lab.bench.ask("/a")->has("Age: 30\r\nCache-Status: atoll-fra; hit; ttl=30\r\n"));
}

TEST_CASE("edge: a stale response is revalidated, and a 304 refreshes it") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    if (n++ == 0) {
      call->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\nX-Old: 1\r\n",
                   "old");
    } else {
      call->answer(304, "Cache-Control: max-age=60\r\nETag: \"v1\"\r\nX-New: 1\r\n");
    }
  };
  lab.bench.ask("/a");
  const auto second = lab.bench.ask("/a");
  CHECK(lab.origin.call(1)->has("If-None-Match: \"v1\"\r\n"));
  CHECK(second->status() == 200);
  CHECK(second->body() == "old");
  CHECK(second->has("X-New: 1\r\n"));
  CHECK(second->has("fwd=stale; fwd-status=304"));
  CHECK(lab.bench.counters.revalidated.get() == 1);
  const auto third = lab.bench.ask("/a");
  CHECK(third->has("; hit; ttl="));
  CHECK(third->has("X-New: 1\r\n"));
  CHECK(third->has("X-Old: 1\r\n"));
  CHECK(lab.origin.opened() == 2);
}

// RFC 9111 section 4.3.4: the updated response is subject to the same rules as any other.
TEST_CASE("edge: a 304 that forbids to store answers one request and removes what is stored") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    switch (n++) {
      case 0:
        return call->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
      case 1:
        return call->answer(304, "Cache-Control: private, max-age=60\r\nVia: 1.1 other\r\n");
      default:
        return call->answer(200, "Cache-Control: max-age=60\r\n", "new");
    }
  };
  lab.bench.ask("/a");
  const auto second = lab.bench.ask("/a");
  CHECK(second->body() == "old");
  CHECK(second->has("Via: 1.1 other\r\n"));
  CHECK(second->has("Via: 1.1 atoll-fra\r\n"));
  CHECK(lab.bench.ask("/a")->body() == "new");
  CHECK_FALSE(lab.origin.call(2)->has("If-None-Match"));
}

TEST_CASE("edge: a stale response that has changed is replaced") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    if (n++ == 0) {
      call->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
    } else {
      call->answer(200, "Cache-Control: max-age=60\r\nETag: \"v2\"\r\n", "new");
    }
  };
  lab.bench.ask("/a");
  CHECK(lab.bench.ask("/a")->body() == "new");
  CHECK(lab.bench.ask("/a")->body() == "new");
  CHECK(lab.origin.opened() == 2);
}

TEST_CASE("edge: a 304 that speaks of something else leads to a whole fetch") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    switch (n++) {
      case 0:
        return call->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
      case 1:
        return call->answer(304, "ETag: \"v9\"\r\n");
      default:
        return call->answer(200, "Cache-Control: max-age=60\r\nETag: \"v9\"\r\n", "new");
    }
  };
  lab.bench.ask("/a");
  CHECK(lab.bench.ask("/a")->body() == "new");
  CHECK_FALSE(lab.origin.call(2)->has("If-None-Match"));
}

TEST_CASE("edge: a 304 that nobody asked for is an error, not an answer") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) { call->answer(304, "ETag: \"v1\"\r\n"); };
  const auto client = lab.bench.ask("/a");
  CHECK(client->status() == 502);
  CHECK(client->has("detail=upstream-protocol"));
}

TEST_CASE("edge: stale-while-revalidate answers at once and fetches once behind it") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    if (n++ == 0) {
      call->answer(200, "Cache-Control: max-age=10, stale-while-revalidate=60\r\nAge: 20\r\n",
                   "old");
    } else {
      call->answer(200, "Cache-Control: max-age=60\r\n", "new");
    }
  };
  lab.bench.ask("/a");
  std::vector<std::shared_ptr<Client>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(lab.bench.request({.path = "/a"}));
  lab.bench.settle();
  for (const auto& client : clients) {
    CHECK(client->body() == "old");
    CHECK(client->has("; hit; ttl=-10; detail=stale-while-revalidate\r\n"));
  }
  CHECK(lab.origin.opened() == 2);
  CHECK(lab.bench.counters.stale.get() == 5);
  CHECK(lab.bench.ask("/a")->body() == "new");
}

TEST_CASE("edge: stale-if-error covers a 503 and silence, and nothing covers what forbids it") {
  struct Row {
    const char* cache_control;
    bool status;  // 503; else no answer at all
    bool served;
  };
  for (const Row& row :
       {Row{"max-age=10, stale-if-error=60", true, true},
        Row{"max-age=10, stale-if-error=60", false, true}, Row{"max-age=10", true, false},
        Row{"max-age=10", false, true}, Row{"max-age=10, must-revalidate", false, false},
        Row{"s-maxage=10", false, false}}) {
    CAPTURE(row.cache_control);
    CAPTURE(row.status);
    Lab lab;
    lab.origin.on_open = [&, n = 0](const FakeCallPtr& call) mutable {
      if (n++ == 0) {
        call->answer(
            200,
            "Cache-Control: " + std::string(row.cache_control) + "\r\nAge: 20\r\nETag: \"1\"\r\n",
            "old");
      } else if (row.status) {
        call->answer(503, "Cache-Control: no-store\r\nX-Error: 1\r\n", "down");
      } else {
        call->fail(rpc::FailureReason::OriginUnreachable, false, "gone");
      }
    };
    lab.bench.ask("/a");
    const auto client = lab.bench.ask("/a");
    CHECK((client->body() == "old") == row.served);
    CHECK(lab.bench.counters.stale.get() == (row.served ? 1 : 0));
    if (!row.served) CHECK(client->status() == (row.status ? 503 : 502));
    if (row.served)
      CHECK(client->has(row.status ? "detail=stale-if-error" : "detail=origin-unreachable"));
    if (row.served && row.status) CHECK(client->has("fwd=stale; fwd-status=503"));
  }
}

TEST_CASE("edge: an answer that is not stored ends the use of what it replaces") {
  struct Row {
    uint16_t status;
    const char* fields;
    const char* body;  // given once the origin fails
  };
  for (const Row& row : {Row{200, "Cache-Control: no-store\r\n", "down"},
                         Row{404, "Cache-Control: no-store\r\n", "down"},
                         Row{200, "Cache-Control: private\r\n", "old"},
                         Row{403, "Cache-Control: no-store\r\n", "old"}}) {
    CAPTURE(row.status);
    CAPTURE(row.fields);
    Lab lab;
    lab.origin.on_open = [&, n = 0](const FakeCallPtr& call) mutable {
      switch (n++) {
        case 0:
          return call->answer(
              200, "Cache-Control: max-age=10, stale-if-error=60\r\nAge: 20\r\nETag: \"1\"\r\n",
              "old");
        case 1:
          return call->answer(row.status, row.fields, "new");
        default:
          return call->answer(503, "", "down");
      }
    };
    lab.bench.ask("/a");
    CHECK(lab.bench.ask("/a")->body() == "new");
    CHECK(lab.bench.ask("/a")->body() == row.body);
  }
}

TEST_CASE("edge: an error does not push out the response that hides it") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    if (n++ == 0) {
      call->answer(
          200, "Cache-Control: max-age=10, stale-if-error=60\r\nAge: 20\r\nETag: \"1\"\r\n", "old");
    } else {
      call->answer(503, "Cache-Control: max-age=60\r\n", "down");
    }
  };
  lab.bench.ask("/a");
  CHECK(lab.bench.ask("/a")->body() == "old");
  CHECK(lab.bench.ask("/a")->body() == "old");
}

TEST_CASE("edge: HEAD is answered from a stored GET, and goes to the origin as HEAD otherwise") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    if (call->method == "HEAD") {
      call->head(200, "Content-Length: 123\r\nCache-Control: max-age=60\r\n", 0);
      call->end();
    } else {
      call->answer(200, kFresh, "hello");
    }
  };
  const auto miss = lab.bench.ask_for({.path = "/a", .method = "HEAD"});
  CHECK(lab.origin.call(0)->method == "HEAD");
  CHECK(miss->framing().length == 123);
  CHECK(miss->framing().bodiless);
  lab.bench.ask("/a");
  const auto hit = lab.bench.ask_for({.path = "/a", .method = "HEAD"});
  CHECK(hit->has("; hit;"));
  CHECK(hit->framing().length == 5);
  CHECK(hit->framing().bodiless);
  CHECK(hit->body().empty());
}

TEST_CASE("edge: HEAD that forbids to store removes the stored GET") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    if (call->method == "HEAD") return call->answer(200, "Cache-Control: private\r\n");
    call->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\n", "x");
  };
  lab.bench.ask("/a");
  REQUIRE(lab.shared.store.statistics().objects == 1);
  lab.bench.ask_for({.path = "/a", .method = "HEAD"});
  CHECK(lab.shared.store.statistics().objects == 0);
}

TEST_CASE("edge: HEAD that shows a change removes the stored GET") {
  Lab lab;
  lab.origin.on_open = [n = 0](const FakeCallPtr& call) mutable {
    if (n++ == 0) {
      call->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
    } else if (call->method == "HEAD") {
      call->head(200, "ETag: \"v2\"\r\nContent-Length: 9\r\n", 0);
      call->end();
    } else {
      call->answer(200, kFresh, "new");
    }
  };
  lab.bench.ask("/a");
  lab.bench.ask_for({.path = "/a", .method = "HEAD"});
  lab.bench.ask("/a");
  CHECK_FALSE(lab.origin.call(2)->has("If-None-Match"));
}

TEST_CASE("edge: a client's conditions are held against the stored response") {
  Lab lab;
  always(lab.origin, kFresh, "hello");
  lab.bench.ask("/a");
  const auto match = lab.bench.ask("/a", {{"If-None-Match", "\"v1\""}});
  CHECK(match->status() == 304);
  CHECK(match->framing().bodiless);
  CHECK(match->has("ETag: \"v1\"\r\n"));
  CHECK(lab.bench.ask("/a", {{"If-None-Match", "\"v2\""}})->status() == 200);
  CHECK(lab.origin.opened() == 1);
}

TEST_CASE("edge: a client's conditions are held against what was fetched for it too") {
  Lab lab;
  always(lab.origin, kFresh, "hello");
  const auto client = lab.bench.ask("/a", {{"If-None-Match", "\"v1\""}});
  CHECK(client->status() == 304);
  CHECK(client->body().empty());
  CHECK(lab.bench.ask("/a")->has("; hit;"));
}

TEST_CASE("edge: ranges are cut out of the stored response") {
  Lab lab;
  always(lab.origin, kFresh, "0123456789");
  lab.bench.ask("/a");
  const auto single = lab.bench.ask("/a", {{"Range", "bytes=2-4"}});
  CHECK(single->status() == 206);
  CHECK(single->body() == "234");
  CHECK(single->has("Content-Range: bytes 2-4/10\r\n"));
  const auto several = lab.bench.ask("/a", {{"Range", "bytes=0-0,5-6"}});
  CHECK(several->status() == 206);
  CHECK(several->has("Content-Type: multipart/byteranges; boundary="));
  CHECK(several->framing().length == several->body().size());
  const auto beyond = lab.bench.ask("/a", {{"Range", "bytes=10-"}});
  CHECK(beyond->status() == 416);
  CHECK(beyond->has("Content-Range: bytes */10\r\n"));
  CHECK(lab.bench.ask("/a", {{"Range", "bytes=2-4"}, {"If-Range", "\"v2\""}})->status() == 200);
}

TEST_CASE("edge: ranges are cut out of a response in arrival") {
  Lab lab;
  FakeCallPtr call;
  lab.origin.on_open = [&](const FakeCallPtr& opened) { call = opened; };
  const auto client = lab.bench.ask("/a", {{"Range", "bytes=4-7"}});
  call->head(200, kFresh, 10);
  call->body("01234");
  lab.bench.settle();
  CHECK(client->status() == 206);
  CHECK(client->body() == "4");
  call->body("56789");
  call->end();
  lab.bench.settle();
  CHECK(client->body() == "4567");
  CHECK(client->done());
  CHECK(lab.bench.ask("/a")->body() == "0123456789");
}

TEST_CASE("edge: variants are stored side by side") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200, std::string(kFresh) + "Vary: Accept-Language\r\n",
                 call->has("Accept-Language: de") ? "hallo" : "hello");
  };
  CHECK(lab.bench.ask("/a", {{"Accept-Language", "en"}})->body() == "hello");
  CHECK(lab.bench.ask("/a", {{"Accept-Language", "de"}})->body() == "hallo");
  CHECK(lab.bench.ask("/a", {{"Accept-Language", "en"}})->has("; hit;"));
  CHECK(lab.bench.ask("/a", {{"Accept-Language", "de"}})->body() == "hallo");
  CHECK(lab.origin.opened() == 2);
}

TEST_CASE("edge: hosts do not share what is stored") {
  Lab lab;
  always(lab.origin, kFresh, "x");
  lab.bench.ask_for({.path = "/a", .host = "one.example.net"});
  lab.bench.ask_for({.path = "/a", .host = "two.example.net"});
  lab.bench.ask_for({.path = "/a", .host = "ONE.example.net:80"});
  CHECK(lab.origin.opened() == 2);
}

TEST_CASE("edge: requests the cache has no part in go straight through") {
  struct Row {
    RequestSpec spec;
    const char* status;
  };
  const std::vector<Row> rows = {
      {{.path = "/private/a"}, "fwd=bypass"},
      {{.path = "/a", .method = "PROPFIND"}, "fwd=method"},
      {{.path = "/a", .fields = {{"Cache-Control", "no-store"}}}, "fwd=request"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    Lab lab;
    always(lab.origin, kFresh, "x");
    CHECK(lab.bench.ask_for(row.spec)->has(row.status));
    lab.bench.ask_for(row.spec);
    CHECK(lab.origin.opened() == 2);
    CHECK(lab.bench.counters.bypassed.get() == 2);
  }
}

TEST_CASE("edge: a verbatim request keeps its conditions and ranges") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(206, "Content-Range: bytes 0-1/9\r\n", "01");
  };
  const auto client = lab.bench.ask("/private/a", {{"Range", "bytes=0-1"}});
  CHECK(client->status() == 206);
  CHECK(client->body() == "01");
  CHECK(lab.origin.call(0)->has("Range: bytes=0-1\r\n"));
}

TEST_CASE("edge: what must be refused is refused with its reason") {
  struct Row {
    RequestSpec spec;
    uint16_t status;
    const char* line;
  };
  const std::vector<Row> rows = {
      {{.path = "/a", .host = "elsewhere.test"}, 421, "detail=unknown-host"},
      {{.path = "/a", .host = ""}, 400, "detail=no-host"},
      {{.path = "/read/a", .method = "POST"}, 405, "Allow: GET, HEAD\r\n"},
      {{.path = "/a", .method = "TRACE"}, 405, "Allow: GET"},
      {{.path = "/a", .method = "CONNECT"}, 405, "Allow: GET"},
      {{.path = "/a", .fields = {{"CDN-Loop", "other; x=1, ATOLL-fra; y"}}}, 508, "detail=loop"},
      {{.path = "/a", .fields = {{"Cache-Control", "only-if-cached"}}},
       504,
       "detail=only-if-cached"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    Lab lab;
    const auto client = lab.bench.ask_for(row.spec);
    CHECK(client->status() == row.status);
    CHECK(client->has(row.line));
    CHECK(client->has("Date: "));
    CHECK(client->done());
    CHECK(lab.origin.opened() == 0);
  }
}

TEST_CASE("edge: a path cannot be spelled so that another behaviour takes it") {
  for (const char* path :
       {"/private/a", "/%70rivate/a", "/x/../private/a", "/x/%2e%2e/private/a"}) {
    CAPTURE(path);
    Lab lab;
    always(lab.origin, kFresh, "x");
    CHECK(lab.bench.ask(std::string(path))->has("fwd=bypass"));
  }
}

TEST_CASE("edge: OPTIONS ends here when it may not go further") {
  Lab lab;
  always(lab.origin, "", "x");
  const auto own = lab.bench.ask_for(
      {.path = "/read/a", .method = "OPTIONS", .fields = {{"Max-Forwards", "0"}}});
  CHECK(own->status() == 405);  // the behaviour does not allow it
  const auto here =
      lab.bench.ask_for({.path = "/a", .method = "OPTIONS", .fields = {{"Max-Forwards", "0"}}});
  CHECK(here->status() == 204);
  CHECK(here->has("Allow: GET"));
  CHECK(lab.origin.opened() == 0);
  lab.bench.ask_for({.path = "/a", .method = "OPTIONS", .fields = {{"Max-Forwards", "3"}}});
  CHECK(lab.origin.call(0)->has("Max-Forwards: 2\r\n"));
}

TEST_CASE("edge: without a configuration every request is answered 503") {
  Lab lab;
  lab.bench.frontend->set_routes(nullptr);
  const auto client = lab.bench.ask("/a");
  CHECK(client->status() == 503);
  CHECK(client->has("Retry-After: 1\r\n"));
}

TEST_CASE("edge: an unsafe request is passed on with its body and invalidates") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    if (call->method == "GET") call->answer(200, kFresh, "x");
  };
  lab.bench.ask("/a");
  const auto post = lab.bench.ask_for({.path = "/a", .method = "POST", .body_length = 5});
  REQUIRE(post->wants_body());
  lab.bench.loop.post([&] {
    post->send_body("hello");
    post->end_body();
  });
  lab.bench.settle();
  const auto call = lab.origin.call(1);
  CHECK(call->request_body() == "hello");
  CHECK(call->request_complete());
  CHECK(lab.bench.ask("/a")->has("; hit;"));  // not before the answer
  lab.bench.loop.post([&] { call->answer(204, ""); });
  lab.bench.settle();
  CHECK(post->status() == 204);
  CHECK(post->framing().bodiless);
  lab.bench.ask("/a");
  CHECK(lab.origin.opened() == 3);
}

TEST_CASE("edge: a failed unsafe request does not invalidate, a lost one does") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    if (call->method == "GET") call->answer(200, kFresh, "x");
    if (call->method == "PUT") call->answer(500, "", "no");
  };
  lab.bench.ask("/a");
  lab.bench.ask_for({.path = "/a", .method = "PUT"});
  CHECK(lab.bench.ask("/a")->has("; hit;"));
  const auto lost = lab.bench.ask_for({.path = "/a", .method = "PATCH"});
  lab.bench.loop.post([&] { lost->leave(); });
  lab.bench.settle();
  CHECK(lab.origin.call(2)->cancelled());
  CHECK(lab.bench.ask("/a")->has("fwd=miss"));
}

TEST_CASE("edge: the request body is held back while the origin takes no more") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) { call->takes_more = false; };
  const auto post =
      lab.bench.ask_for({.path = "/a", .method = "POST", .body_length = std::nullopt});
  CHECK_FALSE(lab.origin.call(0)->body_length);
  lab.bench.loop.post([&] { post->send_body("x"); });
  lab.bench.settle();
  CHECK_FALSE(post->wants_body());
  lab.bench.loop.post([&] { lab.origin.call(0)->request_writable(); });
  lab.bench.settle();
  CHECK(post->wants_body());
}

TEST_CASE("edge: 103 reaches the client before the final response and is not stored") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->inform(103, "Link: </s.css>; rel=preload\r\n");
    call->answer(200, kFresh, "x");
  };
  const auto client = lab.bench.ask("/a");
  REQUIRE(client->informational().size() == 1);
  CHECK(client->informational()[0] ==
        "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n");
  const auto hit = lab.bench.ask("/a");
  CHECK(hit->informational().empty());
  CHECK_FALSE(hit->has("Link"));
}

TEST_CASE("edge: trailers are passed on") {
  Lab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->head(200, kFresh, std::nullopt);
    call->body("x");
    call->end("X-Sum: 1\r\n");
  };
  const auto client = lab.bench.ask("/a");
  CHECK(client->body() == "x");
  CHECK(client->trailers() == "X-Sum: 1\r\n");
  CHECK_FALSE(client->framing().length);
}

}  // namespace
}  // namespace atl::test
