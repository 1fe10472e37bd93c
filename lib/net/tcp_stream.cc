#include "lib/net/tcp_stream.h"

#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "lib/net/loop_state.h"
#include "lib/net/send_buffer.h"
#include "lib/net/socket.h"

namespace atl::net {

// Freed when libuv is done with it, its owner is gone and no error report is under way.
struct TcpStream::Node {
  uv_tcp_t tcp;
  TcpStream* owner;
  size_t writes = 0;   // requests libuv still holds
  size_t reports = 0;  // errors on their way to the reader
  bool closed = false;

  void release() {
    if (closed && owner == nullptr && reports == 0) delete this;
  }
  static void on_close(uv_handle_t* handle) {
    auto* node = static_cast<Node*>(handle->data);
    node->closed = true;
    node->release();
  }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&tcp); }
};

// A queued write; owns what its bytes lie in until libuv is done with them.
struct TcpStream::Write {
  uv_write_t request;
  Node* node;
  Holder holder;
};

namespace {

// Enough for a head in pieces and a body of a few segments without allocating.
constexpr size_t kInlinePieces = 16;
// What one gathered write takes; the rest follows in the next. IOV_MAX is 1024 on Linux.
constexpr size_t kMaxPieces = 512;
// Nothing is asked of the kernel for what is smaller: it fits in what it starts with or soon has.
constexpr size_t kLarge = size_t{128} * 1024;

// libuv's descriptors of `pieces`, on the stack when they are few.
class Buffers {
 public:
  explicit Buffers(std::span<const Bytes> pieces) {
    uv_buf_t* out = few_.data();
    if (pieces.size() > few_.size()) {
      many_.resize(pieces.size());
      out = many_.data();
    }
    data_ = out;
    for (const Bytes piece : pieces) {
      // libuv never writes through the pointer of an outgoing buffer.
      if (!piece.empty()) out[count_++] = {const_cast<char*>(piece.data()), piece.size()};
      bytes_ += piece.size();
    }
  }
  const uv_buf_t* data() const { return data_; }
  unsigned count() const { return count_; }
  size_t bytes() const { return bytes_; }

 private:
  std::array<uv_buf_t, kInlinePieces> few_;
  std::vector<uv_buf_t> many_;
  const uv_buf_t* data_ = nullptr;
  unsigned count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<TcpStream> TcpStream::unconnected(Loop& loop) {
  auto* node = new Node{{}, nullptr};
  ATOLL_CHECK(uv_tcp_init(loop.raw(), &node->tcp) == 0);
  node->tcp.data = node;
  std::unique_ptr<TcpStream> stream(new TcpStream(loop, node));
  node->owner = stream.get();
  return stream;
}

uv_tcp_s* TcpStream::handle() { return &node_->tcp; }

void TcpStream::connected() {
  uv_tcp_nodelay(&node_->tcp, 1);
  remember_peer();
}

Result<std::unique_ptr<TcpStream>> TcpStream::accept_from(Loop& loop, uv_tcp_s& listener) {
  auto stream = unconnected(loop);
  const int status = uv_accept(reinterpret_cast<uv_stream_t*>(&listener), stream->node_->stream());
  if (status != 0) return std::unexpected(from_uv(status));
  stream->remember_peer();  // TCP_NODELAY is inherited from the listener
  return stream;
}

Result<std::unique_ptr<TcpStream>> TcpStream::adopt(Loop& loop, int descriptor) {
  auto stream = unconnected(loop);
  const int status = uv_tcp_open(&stream->node_->tcp, descriptor);
  if (status != 0) return std::unexpected(from_uv(status));
  stream->connected();
  return stream;
}

TcpStream::~TcpStream() {
  node_->owner = nullptr;
  if (uv_is_closing(node_->handle()) == 0) uv_close(node_->handle(), Node::on_close);
  node_->release();
}

void TcpStream::remember_peer() {
  sockaddr_storage address{};
  int size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_getpeername(&node_->tcp, generic, &size) != 0) return;
  peer_size_ = static_cast<uint8_t>(write_address(generic, peer_, sizeof peer_));
}

void TcpStream::start_reading() {
  if (uv_is_closing(node_->handle()) != 0) return;
  uv_read_start(
      node_->stream(),
      [](uv_handle_t* handle, size_t, uv_buf_t* out) {
        auto* state = static_cast<Loop::State*>(handle->loop->data);
        *out = uv_buf_init(state->read_buffer.get(), Loop::State::kReadBuffer);
      },
      [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
        TcpStream* self = static_cast<Node*>(stream->data)->owner;
        if (self == nullptr || self->reader_ == nullptr || self->broken_ || count == 0) return;
        if (count > 0) return self->reader_->on_read({buffer->base, static_cast<size_t>(count)});
        uv_read_stop(stream);
        if (count == UV_EOF) return self->reader_->on_end();
        self->broken_ = true;
        self->reader_->on_error(from_uv(static_cast<int>(count)));
      });
}

void TcpStream::stop_reading() { uv_read_stop(node_->stream()); }

Result<size_t> TcpStream::try_write(std::span<const Bytes> pieces) {
  const Buffers buffers(pieces.first(std::min(pieces.size(), kMaxPieces)));
  if (buffers.count() == 0) return size_t{0};
  if (buffers.bytes() > kLarge && !send_buffer_settled_) settle_send_buffer();
  const int status = uv_try_write(node_->stream(), buffers.data(), buffers.count());
  if (status >= 0) return static_cast<size_t>(status);
  if (status == UV_EAGAIN) return size_t{0};
  return std::unexpected(from_uv(status));
}

// Once for a connection, by the round trip of its handshake or better.
void TcpStream::settle_send_buffer() {
  send_buffer_settled_ = true;
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(node_->handle(), &descriptor) == 0) bound_send_buffer(descriptor);
}

void TcpStream::write(std::span<const Bytes> pieces, Holder holder) {
  const Buffers buffers(pieces);
  if (buffers.count() == 0 || uv_is_closing(node_->handle()) != 0) return;
  auto* write = new Write{{}, node_, std::move(holder)};
  write->request.data = write;
  ++node_->writes;
  const int status =
      uv_write(&write->request, node_->stream(), buffers.data(), buffers.count(),
               [](uv_write_t* request, int result) {
                 const std::unique_ptr<Write> done(static_cast<Write*>(request->data));
                 --done->node->writes;
                 TcpStream* self = done->node->owner;
                 if (self == nullptr || self->reader_ == nullptr || self->broken_) return;
                 if (result != 0) {
                   self->broken_ = true;
                   return self->reader_->on_error(from_uv(result));
                 }
                 if (done->node->writes == 0) self->reader_->on_drained();
               });
  if (status != 0) {
    --node_->writes;
    delete write;
    report_later(from_uv(status));
  }
}

// The owner is inside a call of its own; it hears of the error in a later turn.
void TcpStream::report_later(Error error) {
  if (std::exchange(broken_, true)) return;
  ++node_->reports;
  loop_.at_turn_end([node = node_, error] {
    --node->reports;
    if (node->owner != nullptr && node->owner->reader_ != nullptr) {
      node->owner->reader_->on_error(error);
    }
    node->release();
  });
}

size_t TcpStream::queued() const { return node_->tcp.write_queue_size; }

void TcpStream::shutdown() {
  // libuv would wait for the socket to be writable first: three system calls more.
  if (queued() == 0) {
    uv_os_fd_t descriptor = -1;
    if (uv_fileno(node_->handle(), &descriptor) == 0) ::shutdown(descriptor, SHUT_WR);
    return;
  }
  auto request = std::make_unique<uv_shutdown_t>();
  const int status =
      uv_shutdown(request.get(), node_->stream(), [](uv_shutdown_t* done, int) { delete done; });
  if (status == 0) static_cast<void>(request.release());  // libuv's until the callback
}

void TcpStream::reset() {
  broken_ = true;  // what libuv still reports is of no interest
  if (uv_is_closing(node_->handle()) != 0) return;
  if (uv_tcp_close_reset(&node_->tcp, Node::on_close) != 0) {
    uv_close(node_->handle(), Node::on_close);
  }
}

}  // namespace atl::net
