// The hit path through everything but the socket: bytes in, parse, route, look up, judge, answer,
// bytes out. One read, one write, no allocation (docs/adr/0002-async-idiom.md).
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "lib/server/connection_set.h"
#include "tests/component/edge/lab.h"
#include "tests/support/memory_stream.h"
#include "tests/unit/lib/geo/mmdb_file.h"

namespace {
std::atomic<size_t> g_allocations{0};
}

// Not inlined: GCC 12 takes one half of the pair without the other for a mistake.
[[gnu::noinline]] void* operator new(size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace atl::test {
namespace {

struct Row {
  const char* what;
  const char* lines;
  const char* status;
  size_t body;
};

std::string request_for(const Row& row) {
  return std::string(
             "GET /assets/%61pp.js?v=3 HTTP/1.1\r\nHost: WWW.example.org\r\n"
             "User-Agent: Mozilla/5.0 (X11)\r\nAccept: */*\r\n"
             "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.5\r\n"
             "Referer: http://www.example.org/\r\nCookie: a=b; c=d\r\n") +
         row.lines + "\r\n";
}

TEST_CASE("allocation: a hit makes none, from bytes to bytes") {
  for (const size_t size : {size_t{0}, size_t{1000}, size_t{300'000}}) {
    CAPTURE(size);
    Lab lab;
    lab.origin.on_open = [size](const FakeCallPtr& call) {
      call->head(200,
                 "Cache-Control: max-age=600\r\nETag: \"v1\"\r\nVary: Accept-Encoding\r\n"
                 "Content-Type: text/javascript\r\n",
                 size);
      for (size_t sent = 0; sent < size; sent += 50'000) {
        call->body(std::string(std::min<size_t>(50'000, size - sent), 'x'));
      }
      call->end();
    };
    lab.bench.ask("/assets/%61pp.js?v=3", {{"Accept-Encoding", "br,gzip,deflate"}});
    REQUIRE(lab.bench.counters.stored.get() == 1);

    server::ConnectionSet set{*lab.bench.frontend, {}, lab.clock, {.wake = [](auto) {}}};
    for (const Row& row :
         {Row{"whole", "", "HTTP/1.1 200", size},
          Row{"not modified", "If-None-Match: \"v1\"\r\n", "HTTP/1.1 304", 0},
          Row{"max-age", "Cache-Control: max-age=300\r\n", "HTTP/1.1 200", size}}) {
      CAPTURE(row.what);
      const std::string request = request_for(row);
      testing::MemoryPeer peer;
      set.adopt(peer.stream());
      peer.send(request);
      CHECK(peer.received().starts_with(row.status));
      CHECK(peer.received().find("Cache-Status: atoll-fra; hit; ttl=") != std::string::npos);
      peer.discard_output();
      for (int i = 0; i < 10; ++i) peer.send(request);
      const uint64_t hits = lab.bench.counters.hits.get();
      const uint64_t bytes = lab.bench.counters.bytes_out.get();
      const size_t reads = peer.reads();
      const size_t writes = peer.writes();
      const size_t before = g_allocations;
      for (int i = 0; i < 100; ++i) peer.send(request);
      CHECK(g_allocations - before == 0);
      CHECK(peer.reads() - reads == 100);
      CHECK(peer.writes() - writes == 100);
      CHECK(lab.bench.counters.hits.get() - hits == 100);
      CHECK(lab.bench.counters.bytes_out.get() - bytes == 100 * row.body);
    }
    CHECK(lab.origin.opened() == 1);
  }
}

TEST_CASE("allocation: a hit makes none under a policy that shapes the request") {
  using policy::NameList;
  using enum policy::Selection::Mode;
  edge::RouteConfig config;
  config.version = 2;
  config.origins = {{.id = "a", .endpoint = "a:1", .source = "site"}};
  config.origin_groups = {{.id = "site", .origins = {"a"}, .failover_statuses = {}}};
  edge::BehaviourConfig behaviour{.path_pattern = "*", .origin_group = "site"};
  behaviour.cache.key = {.query = {Deny, NameList({"utm_*", "fbclid"})},
                         .cookies = {Allow, NameList({"a", "lang"})},
                         .headers = {"Accept-Language"},
                         .device = true};
  config.distributions = {{.id = "site",
                           .hosts = {"*", "canonical.example.org"},
                           .behaviours = {behaviour},
                           .canonical_host = "canonical.example.org"}};
  Lab lab;
  lab.bench.frontend->set_routes(*edge::RouteTable::build(std::move(config)));
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200, "Cache-Control: max-age=600\r\n", "x");
  };
  std::string request =
      "GET /assets/%61pp.js?v=3&utm_source=mail&a=1&a=0 HTTP/1.1\r\nHost: WWW.example.org\r\n"
      "User-Agent: Mozilla/5.0 (iPhone) Mobile\r\nAccept-Language: en-GB,en;q=0.5\r\n"
      "Cookie: lang=en; session=0123456789abcdef; a=b\r\n\r\n";
  lab.bench.ask("/assets/%61pp.js?a=1&a=0&v=3", {{"User-Agent", "iPhone"},
                                                 {"Accept-Language", "en;q=0.5,en-gb"},
                                                 {"Cookie", "a=b; lang=en"}});
  REQUIRE(lab.bench.counters.stored.get() == 1);
  server::ConnectionSet set{*lab.bench.frontend, {}, lab.clock, {.wake = [](auto) {}}};
  testing::MemoryPeer peer;
  set.adopt(peer.stream());
  peer.send(request);
  CHECK(peer.received().find("; hit; ttl=") != std::string::npos);
  peer.discard_output();
  for (int i = 0; i < 10; ++i) peer.send(request);
  const uint64_t hits = lab.bench.counters.hits.get();
  const size_t before = g_allocations;
  for (int i = 0; i < 100; ++i) peer.send(request);
  CHECK(g_allocations - before == 0);
  CHECK(lab.bench.counters.hits.get() - hits == 100);
  CHECK(lab.origin.opened() == 1);
}

// What answers carry and how they are stored is settled when they arrive: a hit writes it out.
TEST_CASE("allocation: a hit makes none of a compressed answer with edits, tags and a signature") {
  edge::RouteConfig config;
  config.version = 2;
  config.origins = {{.id = "a", .endpoint = "a:1", .source = "site"}};
  config.origin_groups = {{.id = "site", .origins = {"a"}, .failover_statuses = {}}};
  config.signing_keys = {{"k", std::string(32, 's')}};
  edge::BehaviourConfig behaviour{.path_pattern = "*", .origin_group = "site"};
  behaviour.request_headers = {{"X-Debug"}, {{"X-From", "cdn"}}};
  behaviour.response_headers = {{"Server"}, {{"X-Frame-Options", "DENY"}}};
  behaviour.compression.codings = {policy::Coding::Brotli, policy::Coding::Gzip};
  behaviour.compression.types = policy::NameList({"text/*"});
  behaviour.signing_keys = {"k"};
  behaviour.viewer_place = policy::PlaceLevel::City;
  config.distributions = {{.id = "site", .hosts = {"*"}, .behaviours = {behaviour}}};
  config.distributions[0].error_pages = {{.statuses = {404}, .path = "/404.html"}};
  Lab lab;
  {
    const geo::MmdbFile file(geo::sample_mmdb());
    lab.shared.places = *geo::Database::open(file.path());
  }
  lab.bench.frontend->set_routes(*edge::RouteTable::build(std::move(config)));
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200,
                 "Cache-Control: max-age=600\r\nContent-Type: text/html\r\nETag: \"v\"\r\n"
                 "Server: secret\r\nSurrogate-Key: a b\r\n",
                 std::string(10'000, 'x'));
  };
  // Signed with openssl, as docs/cache-policy.md says.
  const std::string target =
      "/p?a=1&Expires=9999999999&Key-Id=k&Signature=S9uFkj-13R93bkkw8eyk1-Hhv0Yj4o4ScjKCCGdRZpA";
  for (const char* more : {"", "If-None-Match: \"v\"\r\n"}) {
    CAPTURE(more);
    const std::string request = "GET " + target +
                                " HTTP/1.1\r\nHost: www.example.org\r\n"
                                "Accept-Encoding: gzip, deflate, br;q=0.9\r\n" +
                                more + "\r\n";
    lab.bench.ask_for(
        {.path = target, .fields = {{"Accept-Encoding", "gzip"}}, .address = "1.3.0.1"});
    REQUIRE(lab.bench.counters.stored.get() == 1);
    server::ConnectionSet set{*lab.bench.frontend, {}, lab.clock, {.wake = [](auto) {}}};
    testing::MemoryPeer peer;
    peer.address = "1.3.255.254";  // the same city
    set.adopt(peer.stream());
    peer.send(request);
    CHECK(peer.received().find("; hit; ttl=") != std::string::npos);
    CHECK(peer.received().find("ETag: W/\"v\"\r\n") != std::string::npos);
    CHECK(peer.received().find("secret") == std::string::npos);
    peer.discard_output();
    for (int i = 0; i < 10; ++i) peer.send(request);
    const uint64_t hits = lab.bench.counters.hits.get();
    const size_t before = g_allocations;
    for (int i = 0; i < 100; ++i) peer.send(request);
    CHECK(g_allocations - before == 0);
    CHECK(lab.bench.counters.hits.get() - hits == 100);
  }
  CHECK(lab.origin.opened() == 1);
}

}  // namespace
}  // namespace atl::test
