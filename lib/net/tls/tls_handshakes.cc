#include "lib/net/tls/tls_handshakes.h"

#include <algorithm>
#include <utility>

namespace atl::net {

TlsHandshakes::TlsHandshakes() = default;

TlsHandshakes::~TlsHandshakes() {
  pending_.clear();
  dead_.clear();
}

TlsStream& TlsHandshakes::begin(std::unique_ptr<TlsStream> stream, MonoTime deadline) {
  TlsStream& added = *stream;
  added.set_slot(pending_.size());
  pending_.push_back({std::move(stream), deadline});
  ++statistics_.under_way;
  added.begin();
  return added;
}

void TlsHandshakes::end_turn() {
  // Each is taken off before it runs; what it adds waits for the next turn.
  for (size_t left = deferred_.size(); left > 0 && !deferred_.empty(); --left) {
    TlsStream* stream = deferred_.front();
    deferred_.erase(deferred_.begin());
    stream->on_deferred();
  }
  dead_.clear();
}

void TlsHandshakes::sweep(MonoTime now) {
  // From the back: a stream that leaves is replaced by the last one, which was looked at.
  for (size_t i = pending_.size(); i-- > 0;) {
    if (i < pending_.size() && pending_[i].deadline <= now) {
      failed(*pending_[i].stream, HandshakeFailure::Timeout, "the TLS handshake took too long");
    }
  }
}

void TlsHandshakes::abort_all() {
  while (!pending_.empty()) {
    failed(*pending_.back().stream, HandshakeFailure::Shutdown, "the program stops");
  }
}

std::unique_ptr<TlsStream> TlsHandshakes::take(TlsStream& stream) {
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

void TlsHandshakes::established(TlsStream& stream) {
  ++statistics_.handshakes;
  if (stream.resumed()) ++statistics_.resumed;
  on_ready(take(stream));
}

void TlsHandshakes::failed(TlsStream& stream, HandshakeFailure failure, const char* detail) {
  ++statistics_.failures[static_cast<size_t>(failure)];
  stream.say_goodbye();
  dead_.push_back(take(stream));
  wake();
  on_failed(stream, failure, detail);
}

void TlsHandshakes::defer(TlsStream& stream) {
  deferred_.push_back(&stream);
  wake();
}

void TlsHandshakes::forget(const TlsStream& stream) {
  std::erase(deferred_, &stream);
  if (output_.owner != &stream) return;
  output_.owner = nullptr;
  output_.used = 0;
}

TlsHandshakes::Output& TlsHandshakes::output_for(TlsStream& stream) {
  if (output_.owner != &stream) {
    if (output_.owner != nullptr && output_.used > 0) output_.owner->send_left_over();
    output_.owner = &stream;
    output_.used = 0;
  }
  return output_;
}

}  // namespace atl::net
