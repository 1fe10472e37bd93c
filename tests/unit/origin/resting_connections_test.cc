#include "origin/sources/resting_connections.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace atl::origin {
namespace {

constexpr long kPort = 40'000;

struct Pair {
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int end : ends) ::close(end);
  }
  int ours() const { return ends[0]; }
  int theirs() const { return ends[1]; }
  bool writable() const { return ::send(ours(), "x", 1, MSG_NOSIGNAL) == 1; }
  std::array<int, 2> ends{};
};

TEST_CASE("resting connections: one that nothing was sent to can be used") {
  const Pair pair;
  RestingConnections resting;
  resting.rest(pair.ours(), kPort);
  CHECK(resting.wake(kPort));
  CHECK(pair.writable());
}

TEST_CASE("resting connections: one that was sent bytes is shut down") {
  const Pair pair;
  RestingConnections resting;
  resting.rest(pair.ours(), kPort);
  REQUIRE(::send(pair.theirs(), "HTTP/1.1 200 OK\r\n", 17, 0) == 17);
  CHECK_FALSE(resting.wake(kPort));
  CHECK_FALSE(pair.writable());
}

TEST_CASE("resting connections: one that was closed is shut down") {
  const Pair pair;
  RestingConnections resting;
  resting.rest(pair.ours(), kPort);
  REQUIRE(::shutdown(pair.theirs(), SHUT_RDWR) == 0);
  CHECK_FALSE(resting.wake(kPort));
}

TEST_CASE("resting connections: a new one, one in use and a forgotten one are not looked at") {
  const Pair pair;
  RestingConnections resting;
  REQUIRE(::send(pair.theirs(), "x", 1, 0) == 1);
  CHECK(resting.wake(kPort));
  resting.rest(pair.ours(), kPort);
  resting.forget(pair.ours());
  CHECK(resting.wake(kPort));
  CHECK(pair.writable());
}

}  // namespace
}  // namespace atl::origin
