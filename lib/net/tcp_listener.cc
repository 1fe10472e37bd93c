#include "lib/net/tcp_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <utility>

#include "lib/base/check.h"
#include "lib/net/socket.h"

namespace atl::net {

struct TcpListener::Node {
  uv_tcp_t tcp;
  TcpListener* owner;

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
};

TcpListener::TcpListener(Loop& loop, OnAccept on_accept)
    : loop_(loop), on_accept_(std::move(on_accept)), node_(new Node{{}, this}) {}

Result<std::unique_ptr<TcpListener>> TcpListener::listen(Loop& loop, const Endpoint& at,
                                                         const Options& options,
                                                         OnAccept on_accept) {
  std::unique_ptr<TcpListener> listener(new TcpListener(loop, std::move(on_accept)));
  if (auto opened = listener->open(at, options); !opened) {
    return std::unexpected(opened.error());
  }
  return listener;
}

Result<void> TcpListener::open(const Endpoint& at, const Options& options) {
  const auto address = to_address(at);
  // The handle exists in either case, so that the destructor has one thing to close.
  const unsigned family = address ? address->storage.ss_family : unsigned{AF_INET};
  const int made = uv_tcp_init_ex(loop_.raw(), &node_->tcp, family);
  if (made != 0) ATOLL_CHECK(uv_tcp_init(loop_.raw(), &node_->tcp) == 0);  // without a socket
  node_->tcp.data = node_;
  if (!address) return std::unexpected(address.error());
  if (made != 0) return std::unexpected(from_uv(made));

  uv_os_fd_t descriptor = -1;
  ATOLL_CHECK(uv_fileno(reinterpret_cast<uv_handle_t*>(&node_->tcp), &descriptor) == 0);
  const int on = 1;
  if (options.reuse_port) setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by connections

  const auto* generic = reinterpret_cast<const sockaddr*>(&address->storage);
  int status = uv_tcp_bind(&node_->tcp, generic, 0);
  if (status == 0) status = start(options.backlog);
  if (status != 0) return std::unexpected(from_uv(status));
  return {};
}

int TcpListener::start(int backlog) {
  return uv_listen(node_->stream(), backlog, [](uv_stream_t* server, int result) {
    TcpListener* self = static_cast<Node*>(server->data)->owner;
    if (self == nullptr || result != 0) return;
    self->pending_ = true;
    if (!self->paused_) self->accept_pending();
  });
}

Result<std::unique_ptr<TcpListener>> TcpListener::adopt(Loop& loop, Descriptor socket,
                                                        OnAccept on_accept) {
  std::unique_ptr<TcpListener> listener(new TcpListener(loop, std::move(on_accept)));
  if (auto taken = listener->take(std::move(socket)); !taken) {
    return std::unexpected(taken.error());
  }
  return listener;
}

Result<void> TcpListener::take(Descriptor socket) {
  ATOLL_CHECK(uv_tcp_init(loop_.raw(), &node_->tcp) == 0);
  node_->tcp.data = node_;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  int listens = 0;
  socklen_t flag = sizeof listens;
  const bool sound = getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
                     (address.ss_family == AF_INET || address.ss_family == AF_INET6) &&
                     getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag) == 0 &&
                     listens != 0;
  if (!sound) {
    return std::unexpected(
        Error{Code::Invalid, Side::Self, false, "it is no listening TCP socket"});
  }
  int status = uv_tcp_open(&node_->tcp, socket.get());
  if (status == 0) socket.release();
  if (status == 0) status = start(Options{}.backlog);
  if (status != 0) return std::unexpected(from_uv(status));
  return {};
}

Descriptor TcpListener::duplicate() const {
  uv_os_fd_t descriptor = -1;
  const auto* handle = reinterpret_cast<const uv_handle_t*>(&node_->tcp);
  if (uv_fileno(handle, &descriptor) != 0) return {};
  Descriptor ours(descriptor);
  Descriptor copy = ours.duplicate();
  ours.release();  // it is libuv's
  return copy;
}

TcpListener::~TcpListener() {
  node_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->tcp),
           [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
}

Endpoint TcpListener::local_address() const {
  sockaddr_storage address{};
  int size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_getsockname(&node_->tcp, generic, &size) != 0) return {};
  return to_endpoint(generic);
}

// libuv accepts until the kernel has no more, one callback each, and stops by itself while a
// connection is not taken: pausing is to not take it.
void TcpListener::accept_pending() {
  pending_ = false;
  auto stream = TcpStream::accept_from(loop_, node_->tcp);
  if (stream) on_accept_(std::move(*stream));
}

void TcpListener::pause() { paused_ = true; }

void TcpListener::resume() {
  paused_ = false;
  if (pending_) accept_pending();
}

Result<void> probe_free(const Endpoint& at) {
  if (at.port == 0) return {};
  const auto address = to_address(at);
  if (!address) return std::unexpected(address.error());
  const int descriptor = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::unexpected(from_uv(uv_translate_sys_error(errno)));
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address->storage);
  const int status = bind(descriptor, generic, address->size) == 0 ? 0 : errno;
  close(descriptor);
  if (status != 0) return std::unexpected(from_uv(uv_translate_sys_error(status)));
  return {};
}

}  // namespace atl::net
