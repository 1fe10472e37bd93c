// The hit path's budget: a request that is answered at once costs one read, one write and no
// allocation once the server is warm (docs/adr/0002-async-idiom.md).

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>

#include "lib/base/clock.h"
#include "lib/server/connection_set.h"
#include "tests/support/memory_stream.h"

namespace {
size_t g_allocations = 0;
}

void* operator new(size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace atl::server::testing {
namespace {

// Answers like a cache that has it: a stored head, a changing line and a body that stays in place,
// pinned by the holder.
class HitApplication final : public Application {
 public:
  std::unique_ptr<Handler> on_request(const http::RequestHead&, Responder& responder) override {
    const std::array<std::string_view, 3> head = {
        "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nETag: \"x\"\r\n", "Age: 17\r\n",
        "Cache-Status: atoll-fra; hit\r\n"};
    const std::array<std::string_view, 2> body = {std::string_view(body_).substr(0, 600),
                                                  std::string_view(body_).substr(600)};
    ++pins_;
    responder.respond(head, body, {.length = body_.size()}, Holder(this, [](void* self) {
                        --static_cast<HitApplication*>(self)->pins_;
                      }));
    return nullptr;
  }
  void on_refused(uint16_t, const char*) override { ++refused_; }

  int pins() const { return pins_; }
  int refused() const { return refused_; }

 private:
  const std::string body_ = std::string(1000, 'b');
  int pins_ = 0;
  int refused_ = 0;
};

const std::string kRequest =
    "GET /assets/app.js?v=3 HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11)\r\n"
    "Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.5\r\n"
    "Connection: keep-alive\r\nReferer: http://www.example.org/\r\nCookie: a=b; c=d\r\n\r\n";

struct Fixture {
  HitApplication app;
  ManualClock clock;
  bool woken = false;
  ConnectionSet set{app, {}, clock, {.wake = [this](ConnectionSet::Wake) { woken = true; }}};
  atl::testing::MemoryPeer peer;

  Fixture() {
    set.adopt(peer.stream());
    peer.discard_output();
  }
};

TEST_CASE("allocation: none for a thousand requests on a warm connection") {
  Fixture fixture;
  for (int i = 0; i < 10; ++i) fixture.peer.send(kRequest);
  const size_t reads = fixture.peer.reads();
  const size_t writes = fixture.peer.writes();
  const uint64_t bytes = fixture.peer.received_bytes();
  const size_t before = g_allocations;
  for (int i = 0; i < 1000; ++i) fixture.peer.send(kRequest);
  CHECK(g_allocations - before == 0);
  CHECK(fixture.peer.reads() - reads == 1000);
  CHECK(fixture.peer.writes() - writes == 1000);
  CHECK(fixture.peer.received_bytes() - bytes == 100 * bytes);
  CHECK(fixture.set.statistics().requests == 1010);
  CHECK(fixture.app.pins() == 0);
  CHECK(fixture.app.refused() == 0);
  CHECK_FALSE(fixture.woken);  // nothing was left for the end of the turn
}

TEST_CASE("allocation: none for pipelined requests either, which share a write") {
  Fixture fixture;
  std::string input;
  for (int i = 0; i < 16; ++i) input += kRequest;
  for (int i = 0; i < 10; ++i) fixture.peer.send(input);
  const size_t writes = fixture.peer.writes();
  const size_t before = g_allocations;
  for (int i = 0; i < 100; ++i) fixture.peer.send(input);
  CHECK(g_allocations - before == 0);
  CHECK(fixture.peer.writes() - writes == 100);
  CHECK(fixture.set.statistics().requests == 1760);
}

TEST_CASE("allocation: what one connection needed serves the next") {
  Fixture fixture;
  fixture.peer.send(kRequest);
  atl::testing::MemoryPeer other;
  fixture.set.adopt(other.stream());
  other.discard_output();
  const size_t before = g_allocations;
  other.send(kRequest);
  CHECK(g_allocations - before == 0);
}

}  // namespace
}  // namespace atl::server::testing
