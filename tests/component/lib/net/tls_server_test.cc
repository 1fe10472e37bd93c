// TLS on a real loop with real sockets on 127.0.0.1, ports chosen by the kernel.

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/tcp_connector.h"
#include "lib/server/server.h"
#include "tests/component/lib/net/tls_lab.h"

namespace atl::net::testing {
namespace {

using namespace std::chrono_literals;

// A TlsPeer on a socket. Says `request` when hands are shaken; nothing at all if `silent`.
class Client final : public Stream::Reader {
 public:
  Client(Loop& loop, const Endpoint& to, std::string request, bool silent = false)
      : request_(std::move(request)), connector_(loop, to, 5s, [this, silent](auto got) {
          if (!got) return;
          stream_ = std::move(*got);
          stream_->set_reader(this);
          stream_->start_reading();
          if (!silent) go_on({});
        }) {}

  void on_read(Bytes bytes) override { go_on(bytes); }
  void on_end() override { ended = true; }
  void on_error(Error) override { ended = true; }
  void on_drained() override {}

  TlsPeer peer;
  bool ended = false;

 private:
  void go_on(Bytes heard) {
    peer.hear(heard);
    if (peer.connected() && !request_.empty()) peer.say(std::exchange(request_, {}));
    const std::string out = peer.take_output();
    const Bytes bytes = out;
    if (!out.empty()) CHECK(stream_->try_write({&bytes, 1}).value_or(0) == out.size());
  }

  std::string request_;
  TcpConnector connector_;
  std::unique_ptr<TcpStream> stream_;
};

struct World {
  CertificateFolder folder;
  std::shared_ptr<TicketKeys> tickets = std::make_shared<TicketKeys>();
  Loop loop;
  server::testing::FakeApplication app;
  server::Server server{loop, app, {}};
  Endpoint at;
  std::function<bool()> condition;
  bool timed_out = false;
  Timer poll{loop, [this] {
               if (condition()) loop.stop();
             }};
  Timer watchdog{loop, [this] {
                   timed_out = true;
                   loop.stop();
                 }};

  World() {
    server.use_tls(context_of({folder.add("site")}, tickets), 10s);
    const auto bound = server.listen_tls({"127.0.0.1", 0});
    REQUIRE(bound);
    at = *bound;
  }
  void until(std::function<bool()> holds) {
    condition = std::move(holds);
    watchdog.start(60s);
    poll.start_periodic(1ms);
    loop.run();
    poll.stop();
    watchdog.stop();
    REQUIRE_FALSE(timed_out);
  }
};

TEST_CASE("TLS server: a large answer arrives whole, and the writer waits for the client") {
  World world;
  {
    Client client(world.loop, world.at, "GET /large?5000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    world.until([&] { return client.peer.received().ends_with("\r\n0\r\n\r\n"); });
    CHECK(std::ranges::count(client.peer.received(), 'x') == 5'000'000);
    CHECK_FALSE(client.peer.failed());
    CHECK(world.app.largest_burst <= 300'000);
  }
  world.until([&] { return world.server.statistics().connections == 0; });
}

TEST_CASE("TLS server: draining ends a handshake under way; afterwards TLS is spoken again") {
  World world;
  Client silent(world.loop, world.at, "", true);
  world.until([&] { return world.server.tls_statistics().under_way == 1; });
  bool drained = false;
  world.server.drain([&] { drained = true; });
  world.until([&] { return drained && silent.ended; });
  CHECK(world.server.tls_statistics().under_way == 0);

  REQUIRE(world.server.resume());
  Client client(world.loop, world.at, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return client.peer.received().ends_with("hello"); });
  CHECK(world.server.tls_statistics().handshakes == 1);
}

TEST_CASE("TLS server: a changed certificate is for those who come later") {
  World world;
  Client before(world.loop, world.at, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return before.peer.received().ends_with("hello"); });
  world.server.use_tls(
      context_of({world.folder.add("new", CertificateSpec{.names = {"new.example"}})},
                 world.tickets),
      10s);
  Client after(world.loop, world.at, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  world.until([&] { return after.peer.received().ends_with("hello"); });
  CHECK(before.peer.server_is("localhost"));
  CHECK(after.peer.server_is("new.example"));
  CHECK_FALSE(before.ended);
  CHECK(world.server.statistics().connections == 2);
}

}  // namespace
}  // namespace atl::net::testing
