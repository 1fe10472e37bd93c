#include "lib/net/tls/tls_connector.h"

#include <utility>

namespace atl::net {
namespace {

constexpr std::chrono::milliseconds kSweep{250};

}  // namespace

TlsConnector::TlsConnector(Loop& loop, std::chrono::milliseconds handshake_time)
    : loop_(loop), handshake_time_(handshake_time), sweeper_(loop, [this] {
        const auto self = shared_from_this();
        sweep(loop_.now());
        if (waiting_.empty()) sweeper_.stop();
      }) {}

TlsConnector::~TlsConnector() = default;

std::shared_ptr<TlsConnector> TlsConnector::make(Loop& loop,
                                                 std::chrono::milliseconds handshake_time) {
  return std::shared_ptr<TlsConnector>(new TlsConnector(loop, handshake_time));
}

void TlsConnector::connect(std::unique_ptr<Stream> transport,
                           std::shared_ptr<const TlsClientContext> context, OnDone on_done) {
  auto stream = std::make_unique<TlsStream>(*this, std::move(transport), context);
  if (waiting_.empty()) sweeper_.start_periodic(kSweep);
  waiting_.emplace(stream.get(), Waiting{std::move(context), std::move(on_done)});
  begin(std::move(stream), loop_.now() + handshake_time_);
}

TlsConnector::Waiting TlsConnector::take_waiting(const TlsStream& stream) {
  return std::move(waiting_.extract(&stream).mapped());
}

void TlsConnector::on_ready(std::unique_ptr<TlsStream> stream) {
  Waiting waiting = take_waiting(*stream);
  if (!waiting.context->agreed(stream->ssl())) {
    stream->reset();
    return waiting.on_done(std::unexpected("the other end agreed on no protocol"));
  }
  std::string certificate = stream->other_certificate();
  waiting.on_done(Secured{std::move(stream), std::move(certificate)});
}

void TlsConnector::on_failed(TlsStream& stream, HandshakeFailure, const char* detail) {
  take_waiting(stream).on_done(std::unexpected(detail));
}

void TlsConnector::wake() {
  if (std::exchange(woken_, true)) return;
  loop_.at_turn_end([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->woken_ = false;
    self->end_turn();
  });
}

}  // namespace atl::net
