// How much a connection may hold in the kernel, on real sockets over loopback.

#include "lib/net/send_buffer.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "lib/net/descriptor.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_stream.h"

namespace atl::net {
namespace {

// Two connected sockets over 127.0.0.1.
struct Connection {
  Descriptor near;
  Descriptor far;
};

Connection connection() {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  REQUIRE(bind(listener.get(), generic, size) == 0);
  REQUIRE(listen(listener.get(), 1) == 0);
  REQUIRE(getsockname(listener.get(), generic, &size) == 0);
  Connection out;
  out.far = Descriptor(socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(connect(out.far.get(), generic, size) == 0);
  out.near = Descriptor(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
  REQUIRE(out.near.get() >= 0);
  return out;
}

int send_buffer(int socket) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  REQUIRE(getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &size) == 0);
  return bytes;
}

// What the kernel makes of a send buffer that is asked for: twice as much, for its own keeping.
int granted(int socket, int before) {
  const auto round_trip = least_round_trip(socket);
  if (!round_trip) return before;
  const auto bytes = send_buffer_for(*round_trip);
  return bytes ? 2 * *bytes : before;
}

}  // namespace

TEST_CASE("a short path is given 128 KiB, a long one is left to the kernel") {
  CHECK(send_buffer_for(0) == 128 * 1024);
  CHECK(send_buffer_for(100) == 128 * 1024);
  CHECK_FALSE(send_buffer_for(101));
  CHECK_FALSE(send_buffer_for(200'000));
}

TEST_CASE("the round trip of a connection is known from its handshake") {
  const Connection one = connection();
  REQUIRE(least_round_trip(one.near.get()));
  CHECK(*least_round_trip(one.near.get()) < 1'000'000);
}

TEST_CASE("what is no connection has no round trip and keeps its buffer") {
  const Descriptor none(socket(AF_INET, SOCK_STREAM, 0));
  const int before = send_buffer(none.get());
  CHECK_FALSE(least_round_trip(none.get()));
  bound_send_buffer(none.get());
  CHECK(send_buffer(none.get()) == before);
  CHECK_FALSE(least_round_trip(-1));
}

TEST_CASE("a stream bounds its send buffer with the first large write, not before") {
  Connection one = connection();
  const int socket = one.near.get();
  const int before = send_buffer(socket);
  const int after = granted(socket, before);
  Loop loop;
  {
    auto stream = TcpStream::adopt(loop, socket);
    REQUIRE(stream);
    one.near.release();  // the stream's
    const std::string small(1024, 's');
    const std::string large(256 * 1024, 'l');
    const Bytes few[] = {small};
    REQUIRE((*stream)->try_write(few));
    CHECK(send_buffer(socket) == before);
    const Bytes many[] = {small, large};
    REQUIRE((*stream)->try_write(many));
    CHECK(send_buffer(socket) == after);
  }
}

}  // namespace atl::net
