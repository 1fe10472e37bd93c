#include "lib/net/tls/tls_acceptor.h"

#include <algorithm>
#include <utility>

namespace atl::net {

TlsAcceptor::TlsAcceptor(std::shared_ptr<const TlsContext> context,
                         std::chrono::milliseconds handshake_time, const Clock& clock, Hooks hooks)
    : context_(std::move(context)),
      handshake_time_(handshake_time),
      clock_(clock),
      hooks_(std::move(hooks)) {}

TlsAcceptor::~TlsAcceptor() {
  pending_.clear();
  dead_.clear();
}

void TlsAcceptor::accept(std::unique_ptr<Stream> transport) {
  auto stream = std::make_unique<TlsStream>(*this, std::move(transport), context_);
  TlsStream& added = *stream;
  added.set_slot(pending_.size());
  pending_.push_back({std::move(stream), clock_.mono() + handshake_time_});
  ++statistics_.under_way;
  added.begin();
}

void TlsAcceptor::end_turn() {
  // Each is taken off before it runs; what it adds waits for the next turn.
  for (size_t left = deferred_.size(); left > 0 && !deferred_.empty(); --left) {
    TlsStream* stream = deferred_.front();
    deferred_.erase(deferred_.begin());
    stream->on_deferred();
  }
  dead_.clear();
}

void TlsAcceptor::sweep(MonoTime now) {
  // From the back: a stream that leaves is replaced by the last one, which was looked at.
  for (size_t i = pending_.size(); i-- > 0;) {
    if (i < pending_.size() && pending_[i].deadline <= now) {
      failed(*pending_[i].stream, HandshakeFailure::Timeout);
    }
  }
}

void TlsAcceptor::abort_all() {
  while (!pending_.empty()) failed(*pending_.back().stream, HandshakeFailure::Shutdown);
}

std::unique_ptr<TlsStream> TlsAcceptor::take(TlsStream& stream) {
  const size_t slot = stream.slot();
  auto taken = std::move(pending_[slot].stream);
  if (slot + 1 < pending_.size()) {
    pending_[slot] = std::move(pending_.back());
    pending_[slot].stream->set_slot(slot);
  }
  pending_.pop_back();
  --statistics_.under_way;
  return taken;
}

void TlsAcceptor::established(TlsStream& stream) {
  ++statistics_.handshakes;
  if (stream.resumed()) ++statistics_.resumed;
  hooks_.on_ready(take(stream));
}

void TlsAcceptor::failed(TlsStream& stream, HandshakeFailure failure) {
  ++statistics_.failures[static_cast<size_t>(failure)];
  stream.say_goodbye();
  dead_.push_back(take(stream));
  hooks_.wake();
  hooks_.on_failed();
}

void TlsAcceptor::defer(TlsStream& stream) {
  deferred_.push_back(&stream);
  hooks_.wake();
}

void TlsAcceptor::forget(const TlsStream& stream) {
  std::erase(deferred_, &stream);
  if (output_.owner != &stream) return;
  output_.owner = nullptr;
  output_.used = 0;
}

TlsAcceptor::Output& TlsAcceptor::output_for(TlsStream& stream) {
  if (output_.owner != &stream) {
    if (output_.owner != nullptr && output_.used > 0) output_.owner->send_left_over();
    output_.owner = &stream;
    output_.used = 0;
  }
  return output_;
}

}  // namespace atl::net
