#include "lib/net/message_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/base/check.h"
#include "lib/net/socket.h"

namespace atl::net {
namespace {

constexpr int kSendBuffer = 1 << 20;  // bytes; the kernel may grant less

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return std::unexpected(
        Error{Code::Invalid, Side::Self, false, "the path is too long for a socket's name"});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Descriptor make_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

std::unexpected<Error> failed() { return std::unexpected(from_uv(uv_translate_sys_error(errno))); }

std::unexpected<Error> gone() {
  return std::unexpected(Error{Code::Closed, Side::Self, false, "the other process hung up"});
}

bool of_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

// The one descriptor that came with a message, if any.
Descriptor descriptor_of(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(part), sizeof number);
    return Descriptor(number);
  }
  return {};
}

// nullopt: nothing is there. Closed: the end, or what is no message.
Result<std::optional<MessageChannel::Message>> take(int socket) {
  MessageChannel::Message message;
  message.text.resize(MessageChannel::kLongest);
  iovec bytes{message.text.data(), message.text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  // Of the array's padding the kernel would make room for a second one.
  header.msg_controllen = CMSG_LEN(sizeof(int));
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (got <= 0) return gone();
  message.descriptor = descriptor_of(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return gone();
  message.text.resize(static_cast<size_t>(got));
  return message;
}

}  // namespace

// ---- Channel ---------------------------------------------------------------------------------

struct MessageChannel::Node {
  uv_poll_t poll;
  MessageChannel* owner;
  Descriptor socket;
};

MessageChannel::MessageChannel(Loop& loop, Descriptor socket)
    : node_(new Node{{}, this, std::move(socket)}) {
  setsockopt(node_->socket.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  ATOLL_CHECK(uv_poll_init(loop.raw(), &node_->poll, node_->socket.get()) == 0);
  node_->poll.data = node_;
}

MessageChannel::~MessageChannel() {
  node_->owner = nullptr;
  uv_poll_stop(&node_->poll);
  // The peer hears of it now, not when libuv is done with the handle.
  ::shutdown(node_->socket.get(), SHUT_RDWR);
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->poll),
           [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
}

Result<std::unique_ptr<MessageChannel>> MessageChannel::connect(Loop& loop,
                                                                const std::string& path) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  Descriptor socket = make_socket();
  if (!socket) return failed();
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    if (errno != ENOENT && errno != ECONNREFUSED) return failed();
    return std::unexpected(Error{Code::NotFound, Side::Self, false, "nobody listens there"});
  }
  if (!of_same_user(socket.get())) {
    return std::unexpected(Error{Code::Refused, Side::Self, false, "it is another user's process"});
  }
  return std::unique_ptr<MessageChannel>(new MessageChannel(loop, std::move(socket)));
}

bool MessageChannel::send(std::string_view text, int descriptor) {
  if (text.empty() || text.size() > kLongest) return false;
  iovec bytes{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  if (descriptor >= 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(node_->socket.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size());
}

Result<MessageChannel::Message> MessageChannel::receive(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto message = take(node_->socket.get());
    if (!message) return std::unexpected(message.error());
    if (*message) return *std::move(*message);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return std::unexpected(Error{Code::Timeout, Side::Self, true, "the other process is silent"});
    }
    pollfd wait{node_->socket.get(), POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(left.count()));
  }
}

void MessageChannel::start(OnMessage on_message, OnClosed on_closed) {
  on_message_ = std::move(on_message);
  on_closed_ = std::move(on_closed);
  const int started = uv_poll_start(&node_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    drain(static_cast<Node*>(poll->data));
  });
  ATOLL_CHECK(started == 0);
}

// The owner may go in any callback; the node stays until libuv lets go of it, in a later turn.
void MessageChannel::drain(Node* node) {
  while (node->owner != nullptr) {
    auto message = take(node->socket.get());
    if (!message) {
      uv_poll_stop(&node->poll);
      const OnClosed on_closed = std::move(node->owner->on_closed_);
      return on_closed();
    }
    if (!*message) return;
    const OnMessage on_message = node->owner->on_message_;  // outlives the owner
    on_message(*std::move(*message));
  }
}

// ---- Listener --------------------------------------------------------------------------------

struct MessageListener::Node {
  uv_poll_t poll;
  MessageListener* owner;
  Descriptor socket;
};

MessageListener::MessageListener(Loop& loop, Descriptor socket, OnChannel on_channel)
    : loop_(loop),
      node_(new Node{{}, this, std::move(socket)}),
      on_channel_(std::move(on_channel)) {
  ATOLL_CHECK(uv_poll_init(loop.raw(), &node_->poll, node_->socket.get()) == 0);
  node_->poll.data = node_;
  const int started = uv_poll_start(&node_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    Node* node = static_cast<Node*>(poll->data);
    if (node->owner == nullptr) return;
    Descriptor peer(accept4(node->socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!peer || !of_same_user(peer.get())) return;
    MessageListener& self = *node->owner;
    self.on_channel_(
        std::unique_ptr<MessageChannel>(new MessageChannel(self.loop_, std::move(peer))));
  });
  ATOLL_CHECK(started == 0);
}

MessageListener::~MessageListener() {
  node_->owner = nullptr;
  uv_poll_stop(&node_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->poll),
           [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
}

Result<std::unique_ptr<MessageListener>> MessageListener::listen(Loop& loop,
                                                                 const std::string& path,
                                                                 OnChannel on_channel) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  Descriptor socket = make_socket();
  if (!socket) return failed();
  ::unlink(path.c_str());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(socket.get(), 4) != 0) {
    return failed();
  }
  return std::unique_ptr<MessageListener>(
      new MessageListener(loop, std::move(socket), std::move(on_channel)));
}

}  // namespace atl::net
