#include "tests/stress/origin.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/http/field_block.h"

namespace atl::stress {

// One request after the other. Kept by the origin; timers hold it weakly.
class Origin::Connection final : public Ready,
                                 public std::enable_shared_from_this<Origin::Connection> {
 public:
  Connection(Origin& origin, int descriptor) : origin_(origin), descriptor_(descriptor) {
    origin_.poller_.watch(descriptor_, EPOLLIN, this);
  }
  ~Connection() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void ready(uint32_t events) override {
    if (descriptor_ < 0) return;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close(false);
    if ((events & EPOLLIN) != 0 && !receive()) return close(false);
    if (busy_) {
      if (!waiting_) send();
    } else {
      take_request();
    }
  }

 private:
  bool receive() {
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count < 0) return errno == EAGAIN;
      if (count == 0) return false;
      input_.append(buffer.data(), static_cast<size_t>(count));
    }
  }

  // Whether a whole request is there; then the answer begins.
  void take_request() {
    const size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const size_t line = input_.find("\r\n");
    OriginRequest request;
    if (!http::split_field_block(std::string_view(input_).substr(line + 2, end - line),
                                 request.fields)) {
      std::fputs("the origin was sent malformed fields\n", stderr);
      std::abort();
    }
    const size_t body = body_size(request, end + 4);
    if (body == std::string::npos) return;
    const size_t space = input_.find(' ');
    request.method = input_.substr(0, space);
    request.target = input_.substr(space + 1, input_.find(' ', space + 1) - space - 1);
    ++origin_.requests_;
    answer_ = origin_.temper_.answer(request);
    input_.erase(0, end + 4 + body);
    begin();
  }

  // npos: not all is here.
  size_t body_size(const OriginRequest& request, size_t begin) const {
    const std::string_view rest = std::string_view(input_).substr(begin);
    if (request.get("Transfer-Encoding") == "chunked") {
      const size_t last = rest.starts_with("0\r\n\r\n") ? 0 : rest.find("\r\n0\r\n\r\n");
      return last == std::string_view::npos ? last : last + (last == 0 ? 5 : 7);
    }
    size_t length = 0;
    const std::string_view text = request.get("Content-Length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    return rest.size() < length ? std::string_view::npos : length;
  }

  void begin() {
    if (answer_.silent) {
      busy_ = waiting_ = true;
      return;
    }
    if (answer_.head.empty()) return close(answer_.reset);
    busy_ = true;
    sent_ = 0;
    output_ = answer_.head;
    if (answer_.late.count() > 0) return wait(answer_.late);
    send();
  }

  void wait(std::chrono::milliseconds time) {
    waiting_ = true;
    origin_.poller_.change(descriptor_, 0, this);
    origin_.poller_.at(Clock::now() + time, [self = weak_from_this()] {
      if (const auto alive = self.lock(); alive && alive->descriptor_ >= 0) alive->resume();
    });
  }
  void resume() {
    waiting_ = false;
    send();
  }

  void send() {
    for (;;) {
      if (output_.empty() && !produce()) return finish();
      if (output_.empty()) return;  // waits
      const ssize_t count =
          ::send(descriptor_, output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) {
        origin_.poller_.change(descriptor_, EPOLLIN | EPOLLOUT, this);
        return;
      }
      if (count < 0) return close(false);
      output_.erase(0, static_cast<size_t>(count));
    }
  }

  // The next bytes of the body into output_. False: there are no more.
  bool produce() {
    if (sent_ >= answer_.length) {
      if (!answer_.chunked || std::exchange(answer_.unterminated, true)) return false;
      output_ = "0\r\n\r\n";
      return true;
    }
    if (answer_.halting.count() > 0 && sent_ >= answer_.length / 2) {
      wait(std::exchange(answer_.halting, {}));
      return true;
    }
    uint64_t count = std::min<uint64_t>(32'768, answer_.length - sent_);
    if (answer_.halting.count() > 0) count = std::min(count, answer_.length / 2 - sent_);
    if (count == 0) return produce();
    std::string bytes(count, '\0');
    content_of(answer_.edition).fill(answer_.offset + sent_, bytes.data(), count);
    sent_ += count;
    output_ = answer_.chunked ? fmt::format("{:x}\r\n{}\r\n", count, bytes) : std::move(bytes);
    return true;
  }

  void finish() {
    if (answer_.close) return close(answer_.reset);
    busy_ = false;
    origin_.poller_.change(descriptor_, EPOLLIN, this);
    // What came meanwhile.
    origin_.poller_.later([self = weak_from_this()] {
      const auto alive = self.lock();
      if (alive && alive->descriptor_ >= 0 && !alive->busy_) alive->take_request();
    });
  }

  void close(bool reset) {
    if (descriptor_ < 0) return;
    if (reset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ::close(std::exchange(descriptor_, -1));
    origin_.poller_.later([self = shared_from_this()] { self->origin_.forget(*self); });
  }

  Origin& origin_;
  int descriptor_;
  std::string input_;
  std::string output_;
  OriginAnswer answer_;
  uint64_t sent_ = 0;
  bool busy_ = false;
  bool waiting_ = false;
};

Origin::Origin(Poller& poller, Temper& temper) : poller_(poller), temper_(temper) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 1024) != 0) {
    std::perror("the origin cannot listen");
    std::exit(2);
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  poller_.watch(listener_, EPOLLIN, this);
}

Origin::~Origin() {
  connections_.clear();
  ::close(listener_);
}

void Origin::ready(uint32_t /*events*/) {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (descriptor < 0) return;
    const int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connections_.insert(std::make_shared<Connection>(*this, descriptor));
  }
}

void Origin::forget(Connection& connection) { connections_.erase(connection.shared_from_this()); }

}  // namespace atl::stress
