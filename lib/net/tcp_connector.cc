#include "lib/net/tcp_connector.h"

#include <uv.h>

#include <utility>

#include "lib/net/socket.h"

namespace atl::net {

struct TcpConnector::Request {
  uv_connect_t connect;
  TcpConnector* owner;
};

TcpConnector::TcpConnector(Loop& loop, const Endpoint& to, std::chrono::milliseconds timeout,
                           OnDone on_done)
    : on_done_(std::move(on_done)), timer_(loop, [this] {
        const Error late{Code::Timeout, Side::Upstream, true, "connecting took too long"};
        finish(std::unexpected(failed_.value_or(late)));
      }) {
  timer_.start(timeout);
  const auto address = to_address(to);
  if (!address) {
    failed_ = address.error();
    timer_.start(std::chrono::milliseconds{0});
    return;
  }
  stream_ = TcpStream::unconnected(loop);
  request_ = new Request{{}, this};
  request_->connect.data = request_;
  const int status = uv_tcp_connect(
      &request_->connect, stream_->handle(), reinterpret_cast<const sockaddr*>(&address->storage),
      [](uv_connect_t* connect, int result) {
        const std::unique_ptr<Request> request(static_cast<Request*>(connect->data));
        TcpConnector* self = request->owner;
        if (self == nullptr) return;
        self->request_ = nullptr;
        if (result != 0) return self->finish(std::unexpected(from_uv(result)));
        self->stream_->connected();
        self->finish(std::move(self->stream_));
      });
  if (status != 0) {
    delete std::exchange(request_, nullptr);
    failed_ = from_uv(status);
    timer_.start(std::chrono::milliseconds{0});
  }
}

TcpConnector::~TcpConnector() {
  if (request_ != nullptr) request_->owner = nullptr;
}

void TcpConnector::finish(Result<std::unique_ptr<TcpStream>> outcome) {
  timer_.stop();
  if (request_ != nullptr) std::exchange(request_, nullptr)->owner = nullptr;
  stream_.reset();
  const OnDone on_done = std::exchange(on_done_, nullptr);  // it may destroy this
  on_done(std::move(outcome));
}

}  // namespace atl::net
