#include "tests/bench/load/client.h"

#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace atl::bench {

Client::~Client() { close(); }

bool Client::connect(const sockaddr_in& to, int poller) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Connections by the thousand a second would otherwise use up the ports in TIME_WAIT.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      ::epoll_ctl(poller, EPOLL_CTL_ADD, fd_, &event) != 0) {
    close();
    return false;
  }
  state_ = State::Idle;
  return true;
}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  state_ = State::Broken;
}

void Client::send(std::string_view request, std::chrono::steady_clock::time_point due) {
  due_ = due;
  filled_ = 0;
  in_body_ = false;
  answer_ = {};
  state_ = State::Awaiting;
  const auto sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) state_ = State::Broken;
}

void Client::receive() {
  if (state_ != State::Awaiting) {  // the peer closed an idle connection
    state_ = State::Broken;
    return;
  }
  if (in_body_) {
    read_body();
  } else {
    read_head();
  }
}

void Client::read_head() {
  const auto got = ::recv(fd_, buffer_.data() + filled_, buffer_.size() - filled_, MSG_DONTWAIT);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) state_ = State::Broken;
    return;
  }
  filled_ += static_cast<size_t>(got);
  const std::string_view seen(buffer_.data(), filled_);
  const size_t end = seen.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (filled_ == buffer_.size()) state_ = State::Broken;
    return;
  }
  if (!parse_head(end)) {
    state_ = State::Broken;
    return;
  }
  const uint64_t here = std::min<uint64_t>(left_, filled_ - end - 4);
  left_ -= here;
  in_body_ = true;
  if (left_ == 0) return read_body();
  // More of a large body is there most of the time.
  if (filled_ == buffer_.size()) read_body();
}

void Client::read_body() {
  while (left_ != 0) {
    const auto got =
        ::recv(fd_, nullptr, std::min<uint64_t>(left_, 1 << 20), MSG_DONTWAIT | MSG_TRUNC);
    if (got <= 0) {
      if (got == 0 || (errno != EAGAIN && errno != EINTR)) state_ = State::Broken;
      return;
    }
    left_ -= static_cast<uint64_t>(got);
  }
  answer_.latency = std::chrono::steady_clock::now() - due_;
  state_ = State::Answered;
}

bool Client::parse_head(size_t end) {
  std::string_view head(buffer_.data(), end + 2);
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return false;
  std::from_chars(head.data() + 9, head.data() + 12, answer_.status);
  bool found = false;
  for (size_t at = head.find("\r\n") + 2; at < head.size();) {
    const size_t stop = head.find("\r\n", at);
    constexpr std::string_view kName = "content-length:";
    if (stop - at > kName.size() &&
        strncasecmp(head.data() + at, kName.data(), kName.size()) == 0) {
      size_t from = at + kName.size();
      while (from < stop && head[from] == ' ') ++from;
      found = std::from_chars(head.data() + from, head.data() + stop, left_).ec == std::errc{};
    }
    at = stop + 2;
  }
  answer_.body = left_;
  return found;
}

Client::Answer Client::take() {
  state_ = State::Idle;
  return answer_;
}

}  // namespace atl::bench
