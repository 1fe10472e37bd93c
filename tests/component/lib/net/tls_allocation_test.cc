// The budget of a hit over TLS: one read, one write, one record, no allocation of ours. OpenSSL
// takes its two record buffers and gives them back, so that an idle connection holds neither, and
// what its packet writer needs for a record: that must not grow.

#include <doctest/doctest.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>

#include "lib/base/clock.h"
#include "lib/net/tls/tls_acceptor.h"
#include "lib/server/connection_set.h"
#include "tests/support/memory_stream.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/tls_peer.h"

namespace {
size_t g_allocations = 0;
size_t g_openssl = 0;

// Before the first use of OpenSSL.
const bool g_counting = CRYPTO_set_mem_functions(
                            [](size_t size, const char*, int) {
                              ++g_openssl;
                              return std::malloc(size);
                            },
                            [](void* memory, size_t size, const char*, int) {
                              ++g_openssl;
                              return std::realloc(memory, size);
                            },
                            [](void* memory, const char*, int) { std::free(memory); }) == 1;
}  // namespace

void* operator new(size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace atl::net::testing {
namespace {

using atl::testing::MemoryPeer;
using atl::testing::TlsPeer;

class HitApplication final : public server::Application {
 public:
  std::unique_ptr<server::Handler> on_request(const http::RequestHead&,
                                              server::Responder& responder) override {
    const std::array<std::string_view, 2> head = {"HTTP/1.1 200 OK\r\nETag: \"x\"\r\n",
                                                  "Age: 17\r\n"};
    const std::array<std::string_view, 2> body = {std::string_view(body_).substr(0, 600),
                                                  std::string_view(body_).substr(600)};
    responder.respond(head, body, {.length = body_.size()}, {});
    return nullptr;
  }
  void on_refused(uint16_t, const char*) override {}

 private:
  const std::string body_ = std::string(1000, 'b');
};

struct Fixture {
  ManualClock clock;
  HitApplication app;
  ScratchDirectory directory;
  TlsAcceptor acceptor{context(),
                       std::chrono::seconds{10},
                       clock,
                       {.on_ready = [this](auto stream) { set.adopt(std::move(stream)); },
                        .on_failed = [] {},
                        .wake = [] {}}};
  server::ConnectionSet set{app, {}, clock, {.wake = [](server::ConnectionSet::Wake) {}}};
  MemoryPeer wire;
  TlsPeer client;

  explicit Fixture(int version) : client({.version = version, .protocols = {}}) {
    acceptor.accept(wire.stream());
    size_t heard = 0;
    for (int i = 0; i < 4; ++i) {
      client.hear(std::string(wire.received().substr(heard)));
      heard = wire.received().size();
      wire.send(client.take_output());
    }
    REQUIRE(client.connected());
    wire.discard_output();
  }
  std::shared_ptr<const TlsContext> context() {
    const auto text = atl::testing::make_certificate();
    directory.write("a.pem", text.certificate);
    directory.write("a.key", text.key);
    return *TlsContext::load({{directory.file("a.pem"), directory.file("a.key"), {}, {}}},
                             std::make_shared<TicketKeys>(), SystemClock().wall());
  }
  std::string next_request() {
    client.say("GET /a HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
    return client.take_output();
  }
};

TEST_CASE("TLS hit: one read, one write, nothing allocated but by OpenSSL") {
  REQUIRE(g_counting);
  for (const int version : {2, 3}) {
    CAPTURE(version);
    Fixture fixture(version);
    for (int i = 0; i < 10; ++i) fixture.wire.send(fixture.next_request());
    const size_t reads = fixture.wire.reads();
    const size_t writes = fixture.wire.writes();
    const uint64_t bytes = fixture.wire.received_bytes();
    size_t ours = 0;
    size_t openssl = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string request = fixture.next_request();
      const size_t before = g_allocations;
      const size_t openssl_before = g_openssl;
      fixture.wire.send(request);
      ours += g_allocations - before;
      openssl += g_openssl - openssl_before;
    }
    CHECK(ours == 0);
    CHECK(openssl <= (version == 3 ? 6000 : 4000));
    CHECK(fixture.wire.reads() - reads == 1000);
    CHECK(fixture.wire.writes() - writes == 1000);
    CHECK(fixture.set.statistics().requests == 1010);
    // Head, body, and the overhead of one record.
    CHECK((fixture.wire.received_bytes() - bytes) / 1000 < 1000 + 90 + 40);
  }
}

}  // namespace
}  // namespace atl::net::testing
