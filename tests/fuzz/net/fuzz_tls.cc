// The server's end of TLS against arbitrary bytes in arbitrary pieces. Of the first byte the lowest
// two bits choose where they come, the others the pieces:
//   0  from the start           1  after a good hello
//   2  after a good handshake   3  after it and well encrypted, as what the client says
// What must hold: every connection ends, is counted once, and leaves nothing behind.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/clock.h"
#include "lib/net/tls/tls_acceptor.h"
#include "lib/server/connection_set.h"
#include "tests/support/memory_stream.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/tls_peer.h"

namespace atl::net {
namespace {

using atl::testing::MemoryPeer;
using atl::testing::TlsPeer;

std::shared_ptr<const TlsContext> context() {
  static const auto kContext = [] {
    const ScratchDirectory directory;
    const auto text = atl::testing::make_certificate({.until = std::chrono::hours{24 * 365}});
    directory.write("a.pem", text.certificate);
    directory.write("a.key", text.key);
    return *TlsContext::load({{directory.file("a.pem"), directory.file("a.key"), {}, {}}},
                             std::make_shared<TicketKeys>(), SystemClock().wall());
  }();
  return kContext;
}

class Echo final : public server::Application {
 public:
  std::unique_ptr<server::Handler> on_request(const http::RequestHead& head,
                                              server::Responder& responder) override {
    ATOLL_CHECK(head.scheme == "https");
    static const std::string kBody(20'000, 'b');
    constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n";
    const std::string_view body = kBody;
    responder.respond({&kHead, 1}, {&body, 1}, {.length = body.size()}, {});
    return nullptr;
  }
  void on_refused(uint16_t, const char*) override {}
};

struct World {
  ManualClock clock;
  Echo app;
  bool woken = false;
  TlsAcceptor acceptor{context(),
                       std::chrono::seconds{10},
                       clock,
                       {.on_ready = [this](auto stream) { set.adopt(std::move(stream)); },
                        .on_failed = [] {},
                        .wake = [this] { woken = true; }}};
  server::ConnectionSet set{
      app, {}, clock, {.wake = [this](server::ConnectionSet::Wake) { woken = true; }}};
  MemoryPeer wire;
  TlsPeer client;
  size_t heard = 0;

  void settle() {
    for (int i = 0; i < 1000 && std::exchange(woken, false); ++i) {
      acceptor.end_turn();
      set.end_turn();
      wire.poll();
    }
    ATOLL_CHECK(!woken);
  }
  void send(std::string_view bytes) {
    wire.send(bytes);
    settle();
  }
  void exchange() {
    client.hear(std::string(wire.received().substr(heard)));
    heard = wire.received().size();
    send(client.take_output());
  }
};

void run(std::string_view bytes, unsigned mode, uint32_t seed) {
  World world;
  world.acceptor.accept(world.wire.stream());
  if (mode == 1) world.exchange();
  for (int i = 0; mode >= 2 && i < 3; ++i) world.exchange();
  ATOLL_CHECK(mode < 2 || world.acceptor.statistics().handshakes == 1);
  while (!bytes.empty()) {
    seed = seed * 1664525 + 1013904223;
    const size_t size = std::min<size_t>(bytes.size(), 1 + (seed >> 16) % 512);
    if (mode == 3) {
      world.client.say(bytes.substr(0, size));
      world.send(world.client.take_output());
    } else {
      world.send(bytes.substr(0, size));
    }
    bytes.remove_prefix(size);
  }
  if (seed % 2 == 0) world.wire.finish();
  world.settle();
  for (int i = 0; i < 8; ++i) {
    world.clock.advance(std::chrono::minutes{1});
    world.acceptor.sweep(world.clock.mono());
    world.set.sweep(world.clock.mono());
    world.settle();
  }
  ATOLL_CHECK(world.wire.closed());
  const TlsStatistics& counts = world.acceptor.statistics();
  uint64_t ended = counts.handshakes;
  for (const uint64_t count : counts.failures) ended += count;
  ATOLL_CHECK(ended == 1 && counts.under_way == 0);
  ATOLL_CHECK(world.set.statistics().connections == 0);
}

}  // namespace
}  // namespace atl::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 64 * 1024) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  atl::net::run(bytes, data[0] % 4U, data[0] / 4U);
  return 0;
}
