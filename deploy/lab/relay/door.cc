#include "deploy/lab/relay/door.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace atl::lab {
namespace {

constexpr int kBacklog = 4096;  // the kernel caps it
// Connections in one turn: others wait for what is due.
constexpr int kBatch = 64;

net::Descriptor spare() { return net::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

net::Endpoint endpoint_of(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
  return {text, ntohs(address.sin_port)};
}

}  // namespace

Result<std::unique_ptr<Door>> Door::open(net::Loop& loop, const std::string& host,
                                         OnAccept on_accept) {
  net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
      bind(socket.get(), generic, size) != 0 || listen(socket.get(), kBacklog) != 0 ||
      getsockname(socket.get(), generic, &size) != 0) {
    return std::unexpected(
        Error{Code::Io, Side::Self, false, "no door can be opened: no port or descriptor is left"});
  }
  return std::unique_ptr<Door>(
      new Door(loop, std::move(socket), endpoint_of(address), std::move(on_accept)));
}

Door::Door(net::Loop& loop, net::Descriptor socket, net::Endpoint at, OnAccept on_accept)
    : loop_(loop),
      at_(std::move(at)),
      on_accept_(std::move(on_accept)),
      reserve_(spare()),
      watch_(loop, std::move(socket), [this] { accept(); }) {}

void Door::accept() {
  for (int i = 0; i < kBatch; ++i) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    net::Descriptor socket(::accept4(watch_.descriptor(), reinterpret_cast<sockaddr*>(&address),
                                     &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE) turn_away();
      return;  // nobody waits, or the next turn tries again
    }
    auto stream = net::TcpStream::adopt(loop_, socket.get());
    if (!stream) continue;
    socket.release();  // the stream's
    on_accept_(*std::move(stream), endpoint_of(address));
  }
}

// Else the one who waits would wake the loop for ever.
void Door::turn_away() {
  reserve_ = net::Descriptor();
  net::Descriptor(::accept4(watch_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
  reserve_ = spare();
}

}  // namespace atl::lab
