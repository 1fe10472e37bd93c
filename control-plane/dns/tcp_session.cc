#include "control-plane/dns/tcp_session.h"

#include <array>
#include <utility>

#include "lib/base/holder.h"

namespace atl::dns {

TcpSession::TcpSession(Host& host, std::unique_ptr<net::Stream> stream)
    : host_(host), stream_(std::move(stream)) {
  if (const auto address = geo::parse_address(stream_->peer_address())) client_ = *address;
}

void TcpSession::start() {
  stream_->set_reader(this);
  stream_->start_reading();
}

void TcpSession::on_read(net::Bytes bytes) {
  if (over_) return;
  input_ += bytes;
  if (answer_queries() && stream_->queued() > 0) stream_->stop_reading();
}

void TcpSession::on_drained() {
  if (over_ || !answer_queries() || stream_->queued() > 0) return;
  if (ended_) return finish();
  stream_->start_reading();
}

// What it asked before is still answered.
void TcpSession::on_end() {
  ended_ = true;
  if (stream_->queued() == 0) finish();
}

void TcpSession::on_error(Error) { finish(); }

bool TcpSession::answer_queries() {
  size_t at = 0;
  bool asked = false;
  while (stream_->queued() == 0 && input_.size() - at >= 2) {
    const Octets rest = as_octets(input_).subspan(at);
    const size_t size = read16(rest.data());
    if (size > kLargestQuery) {
      finish();
      return false;
    }
    if (rest.size() < 2 + size) break;
    const Octets answer = host_.on_query(rest.subspan(2, size), client_);
    if (answer.empty() || !send(answer)) {
      finish();
      return false;
    }
    asked = true;
    at += 2 + size;
  }
  input_.erase(0, at);
  if (asked) host_.on_active(*this);
  return true;
}

bool TcpSession::send(Octets answer) {
  const std::array<net::Bytes, 1> whole{as_text(answer)};
  const auto sent = stream_->try_write(whole);
  if (!sent) return false;
  if (*sent == answer.size()) return true;
  auto rest = std::make_unique<std::string>(as_text(answer.subspan(*sent)));
  const std::array<net::Bytes, 1> pieces{*rest};
  stream_->write(pieces, hold(std::move(rest)));
  return true;
}

void TcpSession::finish() {
  if (!std::exchange(over_, true)) host_.on_over(*this);
}

}  // namespace atl::dns
