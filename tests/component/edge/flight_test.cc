// Fetches that several requests wait for.
#include <doctest/doctest.h>

#include "edge/cache/key.h"
#include "edge/purge.h"
#include "tests/component/edge/lab.h"

namespace atl::test {
namespace {

constexpr std::string_view kFresh = "Cache-Control: max-age=60\r\n";
using Clients = std::vector<std::shared_ptr<Client>>;

// Exchanges are opened and wait for the test to answer them.
struct Flights {
  explicit Flights(uint64_t max_object = 1 << 20, uint64_t retained = 64 << 20)
      : lab(max_object, retained), second(lab.shared, lab.origin) {}

  void settle() { test::settle({&lab.bench, &second}); }
  Client& ask(Bench& bench, std::string path, FieldList fields = {}) {
    clients.push_back(bench.get(std::move(path), std::move(fields)));
    return *clients.back();
  }
  FakeCallPtr call(size_t index) { return lab.origin.call(index); }
  size_t opened() const { return lab.origin.opened(); }

  Lab lab;
  Bench second;  // another worker of the same node
  Clients clients;
};

TEST_CASE("flights: a thousand concurrent misses on two workers are one fetch") {
  Flights f;
  for (int i = 0; i < 1000; ++i) f.ask(i % 2 == 0 ? f.lab.bench : f.second, "/a");
  f.settle();
  REQUIRE(f.opened() == 1);
  f.call(0)->answer(200, kFresh, "hello");
  f.settle();
  for (const auto& client : f.clients) {
    REQUIRE(client->done());
    REQUIRE(client->body() == "hello");
  }
  CHECK(f.opened() == 1);
  CHECK(f.lab.bench.counters.misses.get() + f.second.counters.misses.get() == 1);
  CHECK(f.lab.bench.counters.collapsed.get() + f.second.counters.collapsed.get() == 999);
  CHECK(f.lab.shared.flights.size() == 0);
  CHECK(f.lab.shared.budget.used() == 0);
}

TEST_CASE("flights: a confirmation meant for one client is not shared with the others") {
  Flights f;
  Client& first = f.ask(f.lab.bench, "/a");
  f.settle();
  f.call(0)->answer(200, "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
  f.settle();
  REQUIRE(first.done());
  Client& leader = f.ask(f.lab.bench, "/a");
  f.settle();
  Client& follower = f.ask(f.second, "/a");
  f.settle();
  REQUIRE(f.opened() == 2);
  f.call(1)->answer(304, "Cache-Control: private\r\nETag: \"v1\"\r\n");
  f.settle();
  CHECK(leader.body() == "old");
  CHECK_FALSE(follower.done());
  REQUIRE(f.opened() == 3);
  f.call(2)->answer(200, "Cache-Control: private\r\n", "its own");
  f.settle();
  CHECK(follower.body() == "its own");
  CHECK(f.lab.shared.store.statistics().objects == 0);
}

TEST_CASE("flights: whoever comes while the body arrives gets it from its first byte") {
  Flights f;
  Client& early = f.ask(f.lab.bench, "/a");
  f.settle();
  f.call(0)->head(200, kFresh, 10);
  f.call(0)->body("01234");
  f.settle();
  CHECK(early.body() == "01234");
  CHECK_FALSE(early.done());
  Client& late = f.ask(f.second, "/a");
  f.settle();
  CHECK(late.body() == "01234");
  CHECK(late.has("; collapsed"));
  f.call(0)->body("56789");
  f.call(0)->end();
  f.settle();
  CHECK(early.body() == "0123456789");
  CHECK(late.body() == "0123456789");
  CHECK(f.opened() == 1);
}

TEST_CASE("flights: a slow client does not slow the others while the answer is kept") {
  Flights f(8 << 20);
  Client& slow = f.ask(f.lab.bench, "/a");
  Client& quick = f.ask(f.second, "/a");
  slow.capacity = 1;
  f.settle();
  f.call(0)->head(200, kFresh, 4 << 20);
  for (int i = 0; i < 64; ++i) f.call(0)->body(std::string(64 << 10, 'x'));
  f.call(0)->end();
  f.settle();
  CHECK_FALSE(f.call(0)->paused());
  CHECK(quick.done());
  CHECK(slow.received() == 64 << 10);
  while (slow.full()) {
    f.lab.bench.loop.post([&] { slow.drain(); });
    f.settle();
  }
  CHECK(slow.done());
  CHECK(slow.received() == 4 << 20);
}

TEST_CASE("flights: an answer too large to keep turns into a window that the slowest holds back") {
  Flights f(256 << 10);
  Client& slow = f.ask(f.lab.bench, "/a");
  Client& quick = f.ask(f.second, "/a");
  slow.capacity = 1;
  f.settle();
  const auto origin = f.call(0);
  origin->head(200, kFresh, std::nullopt);  // its length is not known beforehand
  size_t sent = 0;
  while (!origin->paused()) {
    origin->body(std::string(64 << 10, 'x'));
    sent += 64 << 10;
    REQUIRE(sent < 4 << 20);
    f.settle();
  }
  CHECK(sent > edge::Transfer::kWindow);
  CHECK(sent <= edge::Transfer::kWindow + (128 << 10));
  CHECK(quick.received() == sent);
  CHECK(f.lab.shared.budget.used() <= 256 << 10);
  // Nobody joins any more.
  f.ask(f.second, "/a");
  f.settle();
  CHECK(f.opened() == 2);
  // The slow one takes half of it, and the origin may go on.
  while (origin->paused()) {
    REQUIRE(slow.full());
    f.lab.bench.loop.post([&] { slow.drain(); });
    f.settle();
  }
  CHECK(slow.received() >= sent / 2 - (64 << 10));
  // It leaves: nothing holds the other one back.
  f.lab.bench.loop.post([&] { slow.leave(); });
  f.settle();
  for (int i = 0; i < 64; ++i) {
    origin->body(std::string(64 << 10, 'x'));
    sent += 64 << 10;
    f.settle();
    REQUIRE_FALSE(origin->paused());
  }
  origin->end();
  f.settle();
  CHECK(quick.done());
  CHECK(quick.received() == sent);
  CHECK(f.lab.bench.counters.stored.get() == 0);
  CHECK(f.lab.shared.budget.used() == 0);
}

TEST_CASE("flights: ten gibibytes pass in bounded memory") {
  Flights f(1 << 20);
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  constexpr uint64_t kSize = 1ULL << 30;  // every byte costs many times as much
#else
  constexpr uint64_t kSize = 10ULL << 30;
#endif
  constexpr uint64_t kChunk = 64 << 10;  // small enough for the allocator to reuse
  Client& client = f.ask(f.lab.bench, "/huge");
  client.keep_body = false;
  client.capacity = 512 << 10;
  f.lab.bench.settle();
  const auto origin = f.call(0);
  const std::string chunk(kChunk, 'x');
  uint64_t sent = 0;
  uint64_t most = 0;
  origin->head(200, kFresh, kSize);
  while (sent < kSize) {
    for (int i = 0; i < 8 && !origin->paused(); ++i) {
      origin->body(chunk);
      sent += kChunk;
    }
    client.drain();
    f.lab.bench.loop.post([&] { f.lab.bench.loop.stop(); });
    f.lab.bench.loop.run();
    most = std::max(most, sent - client.received());
  }
  origin->end();
  client.drain();
  f.lab.bench.settle();
  while (client.full()) client.drain();
  f.lab.bench.settle();
  CHECK(client.done());
  CHECK(client.received() == kSize);
  CHECK(most <= edge::Transfer::kWindow + 8 * kChunk);
  CHECK(f.lab.shared.budget.used() == 0);
}

TEST_CASE("flights: when memory for late readers is used up, answers still pass") {
  Flights f(1 << 20, 100 << 10);
  Client& client = f.ask(f.lab.bench, "/a");
  f.settle();
  f.call(0)->head(200, kFresh, 200 << 10);
  f.call(0)->body(std::string(90 << 10, 'x'));
  f.call(0)->body(std::string(110 << 10, 'x'));
  f.call(0)->end();
  f.settle();
  CHECK(client.done());
  CHECK(client.received() == 200 << 10);
  CHECK(f.lab.bench.counters.not_retained.get() == 1);
  CHECK(f.lab.bench.counters.stored.get() == 0);
  CHECK(f.lab.shared.budget.used() == 0);
}

TEST_CASE("flights: the fetch outlives its client when the answer can be stored") {
  Flights f;
  Client& client = f.ask(f.lab.bench, "/a");
  f.settle();
  f.lab.bench.loop.post([&] { client.leave(); });
  f.settle();
  CHECK_FALSE(f.call(0)->cancelled());
  f.call(0)->head(200, kFresh, 5);
  f.settle();
  CHECK_FALSE(f.call(0)->cancelled());
  f.call(0)->body("hello");
  f.call(0)->end();
  f.settle();
  Client& next = f.ask(f.second, "/a");
  f.settle();
  CHECK(next.has("; hit;"));
  CHECK(f.opened() == 1);
}

TEST_CASE("flights: the fetch ends with its last reader when the answer cannot be stored") {
  SUBCASE("its head shows it") {
    Flights f;
    Client& client = f.ask(f.lab.bench, "/a");
    f.settle();
    f.lab.bench.loop.post([&] { client.leave(); });
    f.settle();
    f.call(0)->head(200, "Cache-Control: no-store\r\n", 5);
    f.settle();
    CHECK(f.call(0)->cancelled());
  }
  SUBCASE("it is the client's own from the beginning") {
    Flights f;
    Client& client = f.ask(f.lab.bench, "/private/a");
    f.settle();
    f.lab.bench.loop.post([&] { client.leave(); });
    f.settle();
    CHECK(f.call(0)->cancelled());
  }
  SUBCASE("it grows too large, and the readers leave one by one") {
    Flights f(1000);
    Client& one = f.ask(f.lab.bench, "/a");
    Client& two = f.ask(f.second, "/a");
    f.settle();
    f.call(0)->head(200, kFresh, std::nullopt);
    f.call(0)->body(std::string(2000, 'x'));
    f.settle();
    f.lab.bench.loop.post([&] { one.leave(); });
    f.settle();
    CHECK_FALSE(f.call(0)->cancelled());
    f.second.loop.post([&] { two.leave(); });
    f.settle();
    CHECK(f.call(0)->cancelled());
    CHECK(f.lab.bench.fetches->size() == 0);
  }
}

TEST_CASE("flights: an answer that cannot be shared sends the others to fetch, and is remembered") {
  Flights f;
  for (int i = 0; i < 4; ++i) f.ask(i % 2 == 0 ? f.lab.bench : f.second, "/a");
  f.settle();
  REQUIRE(f.opened() == 1);
  f.call(0)->head(200, "Cache-Control: private\r\nSet-Cookie: who=leader\r\n", 1);
  f.settle();
  CHECK(f.opened() == 4);  // before the leader's body is there
  for (size_t i = 1; i < 4; ++i) f.call(i)->answer(200, "Cache-Control: private\r\n", "own");
  f.call(0)->body("x");
  f.call(0)->end();
  f.settle();
  int leaders = 0;
  for (const auto& client : f.clients) {
    CHECK(client->done());
    leaders += client->has("who=leader") ? 1 : 0;
  }
  CHECK(leaders == 1);
  f.ask(f.lab.bench, "/a");
  f.ask(f.second, "/a");
  f.settle();
  CHECK(f.opened() == 6);  // neither waited for the other
}

TEST_CASE("flights: an answer that turns out to be storable is stored again") {
  Flights f;
  f.ask(f.lab.bench, "/a");
  f.settle();
  f.call(0)->answer(200, "Cache-Control: no-store\r\n", "x");
  f.settle();
  f.ask(f.lab.bench, "/a");
  f.settle();
  f.call(1)->answer(200, kFresh, "y");
  f.settle();
  Client& hit = f.ask(f.lab.bench, "/a");
  f.settle();
  CHECK(hit.has("; hit;"));
}

TEST_CASE("flights: those who want another variant meet in a flight of their own") {
  Flights f;
  for (int i = 0; i < 20; ++i) {
    f.ask(i % 3 == 0 ? f.lab.bench : f.second, "/a",
          {{"Accept-Language", i % 2 == 0 ? "en" : "de"}});
  }
  f.settle();
  REQUIRE(f.opened() == 1);
  const std::string lines = std::string(kFresh) + "Vary: Accept-Language\r\n";
  f.call(0)->answer(200, lines, "en");
  f.settle();
  REQUIRE(f.opened() == 2);
  f.call(1)->answer(200, lines, "de");
  f.settle();
  for (size_t i = 0; i < f.clients.size(); ++i) {
    CHECK(f.clients[i]->body() == (i % 2 == 0 ? "en" : "de"));
  }
  CHECK(f.clients[1]->has("fwd=vary-miss"));
  CHECK(f.opened() == 2);
}

TEST_CASE("flights: an answer that is cut off is never complete and never stored") {
  struct Row {
    const char* what;
    std::optional<uint64_t> announced;
    std::string body;
    bool failure;
  };
  for (const Row& row : {Row{"no end", 10, "01234", true}, Row{"no end, no length", {}, "0", true},
                         Row{"an end too early", 10, "01234", false},
                         Row{"more than announced", 3, "01234", false}}) {
    CAPTURE(row.what);
    Flights f;
    Client& one = f.ask(f.lab.bench, "/a");
    Client& two = f.ask(f.second, "/a");
    f.settle();
    f.call(0)->head(200, kFresh, row.announced);
    f.settle();
    f.call(0)->body(row.body);
    if (row.failure) {
      f.call(0)->fail(rpc::FailureReason::Reset, true);
    } else {
      f.call(0)->end();
    }
    f.settle();
    for (Client* client : {&one, &two}) {
      CHECK(client->status() == 200);
      CHECK(client->failed());
    }
    CHECK(f.lab.bench.counters.stored.get() == 0);
    CHECK(f.opened() == 1);  // not asked again once something was passed on
    f.ask(f.lab.bench, "/a");
    f.settle();
    CHECK(f.opened() == 2);
  }
}

TEST_CASE("flights: the next origin is asked while nothing was passed on and where it is safe") {
  struct Row {
    const char* what;
    const char* method;
    bool answer;  // 503; else a failure
    bool seen;
    bool retried;
  };
  for (const Row& row :
       {Row{"unreachable", "GET", false, false, true}, Row{"GET seen", "GET", false, true, true},
        Row{"503", "GET", true, true, true}, Row{"POST not seen", "POST", false, false, true},
        Row{"POST seen", "POST", false, true, false}, Row{"POST 503", "POST", true, true, false},
        Row{"PUT seen", "PUT", false, true, true}, Row{"PUT 503", "PUT", true, true, false}}) {
    CAPTURE(row.what);
    Flights f;
    f.clients.push_back(f.lab.bench.request({.path = "/a", .method = row.method}));
    f.settle();
    CHECK(f.call(0)->endpoint == "a:1");
    if (row.answer) {
      f.call(0)->answer(503, "", "busy");
    } else {
      f.call(0)->fail(rpc::FailureReason::OriginUnreachable, row.seen);
    }
    f.settle();
    REQUIRE(f.opened() == (row.retried ? 2 : 1));
    if (!row.retried) {
      CHECK(f.clients[0]->status() == (row.answer ? 503 : 502));
      continue;
    }
    CHECK(f.call(1)->endpoint == "b:1");
    f.call(1)->answer(200, kFresh, "b");
    f.settle();
    CHECK(f.clients[0]->body() == "b");
  }
}

TEST_CASE("flights: a request whose body has begun is not put to another origin") {
  Flights f;
  f.clients.push_back(
      f.lab.bench.request({.path = "/a", .method = "PUT", .body_length = std::nullopt}));
  f.settle();
  f.lab.bench.loop.post([&] { f.clients[0]->send_body("x"); });
  f.settle();
  f.call(0)->fail(rpc::FailureReason::OriginUnreachable, false);
  f.settle();
  CHECK(f.opened() == 1);
  CHECK(f.clients[0]->status() == 502);
}

TEST_CASE("flights: an origin known to be down is asked last") {
  Flights f;
  f.lab.origin.set_down("a:1");
  f.ask(f.lab.bench, "/a");
  f.settle();
  CHECK(f.call(0)->endpoint == "b:1");
}

TEST_CASE("flights: when no origin answers, everybody is told why") {
  struct Row {
    rpc::FailureReason reason;
    uint16_t status;
    const char* token;
  };
  for (const Row& row : {Row{rpc::FailureReason::HeadTimeout, 504, "head-timeout"},
                         Row{rpc::FailureReason::ConnectTimeout, 504, "connect-timeout"},
                         Row{rpc::FailureReason::ConnectRefused, 502, "connect-refused"},
                         Row{rpc::FailureReason::UnknownSource, 502, "unknown-source"},
                         Row{rpc::FailureReason::Overloaded, 503, "origin-overloaded"}}) {
    CAPTURE(row.token);
    Flights f;
    f.ask(f.lab.bench, "/a");
    f.ask(f.second, "/a");
    f.settle();
    f.call(0)->fail(row.reason, false);
    f.settle();
    f.call(1)->fail(row.reason, false);
    f.settle();
    for (const auto& client : f.clients) {
      CHECK(client->status() == row.status);
      CHECK(client->has(std::string("detail=") + row.token));
      CHECK(client->done());
    }
    CHECK(f.opened() == 2);
    CHECK(f.lab.bench.counters.errors.get() + f.second.counters.errors.get() == 2);
  }
}

TEST_CASE("flights: an origin that never answers is given up") {
  Flights f;
  Client& client = f.ask(f.lab.bench, "/a");
  f.settle();
  // Both origins, each for its head timeout and the grace.
  const MonoTime later = f.lab.bench.loop.now() + std::chrono::seconds{33};
  f.lab.bench.loop.post([&] { f.lab.bench.fetches->check_deadlines(later); });
  f.settle();
  CHECK(f.call(0)->cancelled());
  REQUIRE(f.opened() == 2);
  f.lab.bench.loop.post([&] { f.lab.bench.fetches->check_deadlines(later); });
  f.settle();
  CHECK(client.status() == 504);
  CHECK(client.has("detail=head-timeout"));
}

TEST_CASE("flights: a purge keeps what is on its way out of the cache") {
  using Kind = edge::PurgeSpec::Kind;
  struct Row {
    Kind kind;
    const char* value;
    bool covers;
  };
  for (const Row& row :
       {Row{Kind::Url, "http://www.example.org/dir/a", true},
        Row{Kind::Url, "http://www.example.org/dir/b", false},
        Row{Kind::Prefix, "http://www.example.org/dir/*", true},
        Row{Kind::Prefix, "http://www.example.org/other/*", false},
        Row{Kind::Host, "www.example.org", true}, Row{Kind::Host, "one.example.net", false},
        Row{Kind::Tag, "red", true}, Row{Kind::Everything, "", true}}) {
    CAPTURE(static_cast<int>(row.kind));
    CAPTURE(row.value);
    Flights f;
    Client& before = f.ask(f.lab.bench, "/dir/a");
    f.settle();
    f.call(0)->head(200, std::string(kFresh) + "Surrogate-Key: blue red\r\n", 3);
    f.settle();
    const auto purged = edge::carry_out({row.kind, row.value}, Lab::routes().get(), f.lab.shared);
    REQUIRE(purged);
    CHECK(purged->objects == 0);
    Client& after = f.ask(f.second, "/dir/a");
    f.settle();
    CHECK(f.opened() == (row.covers ? 2 : 1));
    f.call(0)->body("old");
    f.call(0)->end();
    f.settle();
    CHECK(before.body() == "old");
    CHECK(f.lab.bench.counters.stored.get() == (row.covers ? 0 : 1));
    if (!row.covers) continue;
    f.call(1)->answer(200, kFresh, "new");
    f.settle();
    CHECK(after.body() == "new");
    Client& last = f.ask(f.lab.bench, "/dir/a");
    f.settle();
    CHECK(last.body() == "new");
  }
}

TEST_CASE("flights: a purge removes what is stored, softly or for good") {
  for (const bool soft : {false, true}) {
    CAPTURE(soft);
    Flights f;
    f.ask(f.lab.bench, "/a");
    f.settle();
    f.call(0)->answer(200, std::string(kFresh) + "ETag: \"1\"\r\nCache-Tag: one, two\r\n", "x");
    f.settle();
    const auto purged = edge::carry_out({edge::PurgeSpec::Kind::Tag, "two", soft},
                                        Lab::routes().get(), f.lab.shared);
    REQUIRE(purged);
    CHECK(purged->objects == 1);
    f.ask(f.lab.bench, "/a");
    f.settle();
    REQUIRE(f.opened() == 2);
    CHECK(f.call(1)->has("If-None-Match: \"1\"") == soft);
  }
}

TEST_CASE("flights: a purge that makes no sense is refused") {
  using Kind = edge::PurgeSpec::Kind;
  Lab lab;
  for (const edge::PurgeSpec& spec :
       {edge::PurgeSpec{Kind::Url, "/a"}, edge::PurgeSpec{Kind::Url, "ftp://h/a"},
        edge::PurgeSpec{Kind::Prefix, "http://h/a"}, edge::PurgeSpec{Kind::Host, ""},
        edge::PurgeSpec{Kind::Tag, ""}, edge::PurgeSpec{Kind::Url, "http:///a"}}) {
    CAPTURE(spec.value);
    CHECK_FALSE(edge::carry_out(spec, Lab::routes().get(), lab.shared));
  }
}

TEST_CASE("flights: a POST whose answer names the target by Content-Location is stored for GET") {
  Flights f;
  f.clients.push_back(f.lab.bench.request({.path = "/a", .method = "POST"}));
  f.settle();
  f.call(0)->answer(200, std::string(kFresh) + "Content-Location: /a\r\n", "posted");
  f.settle();
  Client& get = f.ask(f.lab.bench, "/a");
  f.settle();
  CHECK(get.has("; hit;"));
  CHECK(get.body() == "posted");
}

}  // namespace
}  // namespace atl::test
