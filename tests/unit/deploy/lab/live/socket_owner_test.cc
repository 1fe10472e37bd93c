#include "deploy/lab/live/socket_owner.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "deploy/lab/relay/door.h"
#include "lib/net/tcp_connector.h"

namespace atl::lab {
namespace {

using namespace std::chrono_literals;

TEST_CASE("socket inode: of the connection with both ends as given") {
  // 127.0.0.1:8080 <-> 127.0.0.1:50000 and 50001, as a little-endian machine writes it.
  const char* const table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
      "11 1 0 100 0 0 10 0\n"
      "   1: 0100007F:C351 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 "
      "22 1 0 20 4 30 10 -1\n"
      "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 "
      "33 1 0 20 4 30 10 -1\n"
      "   3: 0100007F:1F90 0100007F:C350 06 00000000:00000000 03:00000000 00000000     0        0 "
      "0 3 0\n"
      "   4: short";
  const net::Endpoint server{"127.0.0.1", 8080};
  CHECK(socket_inode(table, {"127.0.0.1", 50000}, server) == 33);
  CHECK(socket_inode(table, {"127.0.0.1", 50001}, server) == 22);
  CHECK_FALSE(socket_inode(table, {"127.0.0.1", 50002}, server));
  CHECK_FALSE(socket_inode(table, server, {"127.0.0.1", 50000}));  // closed: no inode
  CHECK_FALSE(socket_inode(table, {"::1", 50000}, server));
  CHECK_FALSE(socket_inode("", {"127.0.0.1", 50000}, server));
}

TEST_CASE("socket owner: of a real connection, among the processes that are asked about") {
  net::Loop loop;
  std::unique_ptr<net::TcpStream> server;
  std::unique_ptr<net::TcpStream> client;
  net::Endpoint from;
  const auto enough = [&] {
    if (server && client) loop.stop();
  };
  const auto door = Door::open(
      loop, "127.0.0.1", [&](std::unique_ptr<net::TcpStream> stream, const net::Endpoint& peer) {
        server = std::move(stream);
        from = peer;
        enough();
      });
  REQUIRE(door);
  const net::Endpoint at = (*door)->at();
  net::TcpConnector connector(loop, at, 5s, [&](auto stream) {
    REQUIRE(stream);
    client = *std::move(stream);
    enough();
  });
  loop.run();
  const pid_t me = getpid();
  const pid_t both[] = {getppid(), me};
  CHECK(socket_owner(both, from, at) == me);
  CHECK_FALSE(socket_owner(std::span(both, 1), from, at));
  CHECK_FALSE(socket_owner(both, {"127.0.0.1", 1}, at));
}

}  // namespace
}  // namespace atl::lab
