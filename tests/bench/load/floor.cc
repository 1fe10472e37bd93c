// bench-floor: the least that an HTTP server can do, as the limit that the kernel sets: one epoll
// loop, one read, a search for the empty line, one write of bytes made beforehand. It understands
// nothing.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

namespace atl::bench {
namespace {

struct Connection {
  int fd = -1;
  size_t owed = 0;     // bytes of the answer that the kernel has not taken
  bool waits = false;  // for EPOLLOUT
};

class Floor {
 public:
  Floor(size_t body, int send_buffer) : send_buffer_(send_buffer), poller_(epoll_create1(0)) {
    answer_ = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        body);
    answer_.append(body, 'x');
  }
  ~Floor() { ::close(poller_); }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  int serve(const std::string& host, uint16_t port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &at.sin_addr);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener_, 1024) != 0) {
      fmt::print(stderr, "bench-floor: {}:{} cannot be listened on\n", host, port);
      return 1;
    }
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
    for (;;) turn();
  }

 private:
  void turn() {
    std::array<epoll_event, 128> events;
    const int count = ::epoll_wait(poller_, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      auto* connection = static_cast<Connection*>(event.data.ptr);
      if (connection == nullptr) {
        accept_all();
      } else if ((event.events & EPOLLOUT) != 0) {
        write_rest(*connection);
      } else {
        read_one(connection);
      }
    }
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (send_buffer_ > 0) {
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer_, sizeof send_buffer_);
      }
      watch(EPOLL_CTL_ADD, fd, EPOLLIN, std::make_unique<Connection>(Connection{fd}).release());
    }
  }

  void read_one(Connection* connection) {
    const auto got = ::read(connection->fd, buffer_.data(), buffer_.size());
    if (got < 0 && errno == EAGAIN) return;
    const std::string_view request(buffer_.data(), got > 0 ? static_cast<size_t>(got) : 0);
    // The generator sends a whole request at once; anything else ends the connection.
    if (request.find("\r\n\r\n") == std::string_view::npos) {
      ::close(connection->fd);
      delete connection;
      return;
    }
    connection->owed = answer_.size();
    write_rest(*connection);
  }

  void write_rest(Connection& connection) {
    const char* from = answer_.data() + answer_.size() - connection.owed;
    const auto sent = ::send(connection.fd, from, connection.owed, MSG_NOSIGNAL);
    if (sent > 0) connection.owed -= static_cast<size_t>(sent);
    if (const bool waits = connection.owed != 0; waits != connection.waits) {
      connection.waits = waits;
      watch(EPOLL_CTL_MOD, connection.fd, waits ? EPOLLOUT : EPOLLIN, &connection);
    }
  }

  void watch(int what, int fd, uint32_t events, Connection* connection) const {
    epoll_event event{.events = events, .data = {.ptr = connection}};
    ::epoll_ctl(poller_, what, fd, &event);
  }

  const int send_buffer_;
  const int poller_;
  int listener_ = -1;
  std::string answer_;
  std::array<char, 16384> buffer_{};
};

}  // namespace
}  // namespace atl::bench

int main(int argc, char** argv) {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  size_t body = 1024;
  int send_buffer = 0;
  CLI::App app(
      "bench-floor: answers every request with the same bytes, as cheaply as epoll allows");
  app.add_option("--host", host)->check(CLI::ValidIPV4);
  app.add_option("--port", port)->required();
  app.add_option("--body", body, "Bytes of the body");
  app.add_option("--send-buffer", send_buffer, "SO_SNDBUF; default: the kernel's own choice");
  CLI11_PARSE(app, argc, argv);
  return atl::bench::Floor(body, send_buffer).serve(host, port);
}
