#include "origin/sources/synthetic.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/synthetic/content.h"
#include "tests/unit/origin/fake_responder.h"

namespace atl::origin::test {
namespace {

struct Maker {
  TaskPool pool{2};
  rpc::DeadlineQueue timers;
  std::unique_ptr<Source> source = make_synthetic_source({}, pool, timers);
};

std::string expected(std::string_view name, uint64_t offset, size_t size) {
  std::string out(size, '\0');
  synthetic::Content(name).fill(offset, out.data(), size);
  return out;
}

TEST_CASE("synthetic: the bytes are those of the path, whole or in part") {
  Maker maker;
  for (const size_t size : {0UL, 1UL, 1000UL, 65536UL, 65537UL, 1000000UL}) {
    CAPTURE(size);
    const auto got =
        ask(*maker.source, request_for("GET", "/object/17?size=" + std::to_string(size)));
    CHECK(got->response.status == 200);
    CHECK(got->response.body_length == size);
    CHECK(got->body == expected("/object/17", 0, size));
  }
  const auto part = ask(*maker.source, request_for("GET", "/object/17?size=1000000000000",
                                                   "Range: bytes=999999999000-\r\n"));
  CHECK(part->response.status == 206);
  CHECK(part->body == expected("/object/17", 999999999000, 1000));
  const auto head = ask(*maker.source, request_for("HEAD", "/a?size=7"));
  CHECK(head->body.empty());
  CHECK(head->response.fields.find("Content-Length: 7\r\n") != std::string::npos);
}

TEST_CASE("synthetic: freshness and validators") {
  Maker maker;
  const auto got = ask(*maker.source, request_for("GET", "/a?size=5&ttl=60s"));
  CHECK(got->response.fields.find("Cache-Control: public, max-age=60\r\n") != std::string::npos);
  const auto by_default = ask(*maker.source, request_for("GET", "/a?size=5"));
  CHECK(by_default->response.fields.find("max-age=31536000\r\n") != std::string::npos);
  const auto tag = [&](const char* target) {
    const std::string fields = ask(*maker.source, request_for("GET", target))->response.fields;
    const size_t at = fields.find("ETag: ") + 6;
    return fields.substr(at, fields.find("\r\n", at) - at);
  };
  CHECK(tag("/a?size=5") == tag("/a?size=5&ttl=9s"));
  CHECK(tag("/a?size=5") != tag("/a?size=6"));
  CHECK(tag("/a?size=5") != tag("/b?size=5"));
}

TEST_CASE("synthetic: wishes that cannot be granted") {
  Maker maker;
  for (const char* target :
       {"/a", "/a?size=", "/a?size=-1", "/a?size=1x", "/a?size=99999999999999999999",
        "/a?size=1099511627777", "/a?size=1&ttl=soon", "/a?size=1&delay=2h", "/a?size=1&ttl=",
        "/a?size=1&swr=1", "/a?size=1&sie=x", "/a?size=1&tag=", "/a?size=1&tag=a&tag=b,c"}) {
    CAPTURE(target);
    CHECK(ask(*maker.source, request_for("GET", target))->response.status == 400);
  }
  CHECK(ask(*maker.source, request_for("POST", "/a?size=1"))->response.status == 405);
}

TEST_CASE("synthetic: a delay delays the head, and can be cancelled") {
  Maker maker;
  const auto begin = std::chrono::steady_clock::now();
  const auto got = ask(*maker.source, request_for("GET", "/a?size=1&delay=30ms"));
  CHECK(got->response.status == 200);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30));
  auto never = std::make_shared<FakeResponder>();
  const auto handler = maker.source->open(request_for("GET", "/a?size=1&delay=300ms"), never);
  handler->on_cancel();
  ask(*maker.source, request_for("GET", "/a?size=1&delay=400ms"));  // later than the first
  CHECK(never->heads == 0);
}

TEST_CASE("synthetic: what is stale may be used for as long as it is asked, and tags are sent") {
  Maker maker;
  struct Row {
    const char* query;
    const char* cache_control;
    const char* tags;  // nullptr: no field
  };
  for (const Row& row :
       {Row{"ttl=60s&swr=10s", "public, max-age=60, stale-while-revalidate=10", nullptr},
        Row{"ttl=60s&sie=1h&tag=a", "public, max-age=60, stale-if-error=3600", "a"},
        Row{"tag=a&ttl=1s&swr=2s&sie=3s&tag=b-2",
            "public, max-age=1, stale-while-revalidate=2, stale-if-error=3", "a b-2"}}) {
    CAPTURE(row.query);
    const auto got = ask(*maker.source, request_for("GET", "/a?size=5&" + std::string(row.query)));
    CHECK(got->response.status == 200);
    const std::string& fields = got->response.fields;
    CHECK(fields.find("Cache-Control: " + std::string(row.cache_control) + "\r\n") !=
          std::string::npos);
    if (row.tags == nullptr) {
      CHECK(fields.find("Surrogate-Key") == std::string::npos);
    } else {
      CHECK(fields.find("Surrogate-Key: " + std::string(row.tags) + "\r\n") != std::string::npos);
    }
  }
}

TEST_CASE("synthetic: a field says the delay too, and wins over the query") {
  Maker maker;
  const auto begin = std::chrono::steady_clock::now();
  const auto got =
      ask(*maker.source, request_for("GET", "/a?size=1&delay=0ms", "Synthetic-Delay: 30ms\r\n"));
  CHECK(got->response.status == 200);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30));
  CHECK(ask(*maker.source, request_for("GET", "/a?size=1", "Synthetic-Delay: later\r\n"))
            ->response.status == 400);
}

TEST_CASE("synthetic: so many are answered at once, the others in their order, whoever has left") {
  Maker maker;
  maker.source = make_synthetic_source({.concurrency = 1}, maker.pool, maker.timers);
  const auto begin = std::chrono::steady_clock::now();
  auto left = std::make_shared<FakeResponder>();
  auto first = maker.source->open(request_for("GET", "/a?size=1&delay=30ms"), left);
  first->on_cancel();
  first.reset();
  auto second = std::make_shared<FakeResponder>();
  const auto handler = maker.source->open(request_for("GET", "/b?size=1&delay=20ms"), second);
  const auto third = ask(*maker.source, request_for("GET", "/c?size=1"));
  CHECK(third->response.status == 200);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(50));
  CHECK(second->wait([&] { return second->heads == 1; }));
  CHECK(left->heads == 0);
}

TEST_CASE("synthetic: a source may go while somebody waits") {
  Maker maker;
  maker.source = make_synthetic_source({.concurrency = 1}, maker.pool, maker.timers);
  auto responder = std::make_shared<FakeResponder>();
  const auto served = maker.source->open(request_for("GET", "/a?size=1&delay=30s"), responder);
  const auto waiting = maker.source->open(request_for("GET", "/b?size=1"), responder);
  maker.source.reset();
  CHECK(responder->heads == 0);
}

TEST_CASE("synthetic: an object of a tebibyte is held back by its reader") {
  Maker maker;
  auto responder = std::make_shared<FakeResponder>();
  responder->keep = false;
  responder->capacity = 1 << 20;
  const auto handler = maker.source->open(request_for("GET", "/a?size=1099511627776"), responder);
  REQUIRE(responder->wait([&] { return responder->written >= 1 << 20; }));
  CHECK(responder->written < 2 << 20);
  handler->on_cancel();
}

}  // namespace
}  // namespace atl::origin::test
