#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "lib/base/clock.h"
#include "lib/net/stream.h"
#include "lib/net/tls/tls_context.h"
#include "lib/net/tls/tls_handshakes.h"

namespace atl::net {

// Shakes hands with the clients of one loop; as server::ConnectionSet it knows neither loop nor
// socket. Client certificates are not asked for. One thread.
class TlsAcceptor final : public TlsHandshakes {
 public:
  struct Hooks {
    std::function<void(std::unique_ptr<Stream>)> on_ready;  // hands are shaken
    std::function<void()> on_failed;                        // one less under way
    std::function<void()> wake;                             // call end_turn() when this turn ends
  };

  // `clock` outlives it.
  TlsAcceptor(std::shared_ptr<const TlsContext> context, std::chrono::milliseconds handshake_time,
              const Clock& clock, Hooks hooks);

  // For connections that come from now on.
  void set_context(std::shared_ptr<const TlsContext> context) { context_ = std::move(context); }

  void accept(std::unique_ptr<Stream> transport);

 private:
  void on_ready(std::unique_ptr<TlsStream> stream) override { hooks_.on_ready(std::move(stream)); }
  void on_failed(TlsStream&, HandshakeFailure, const char*) override { hooks_.on_failed(); }
  void wake() override { hooks_.wake(); }

  std::shared_ptr<const TlsContext> context_;
  const std::chrono::milliseconds handshake_time_;
  const Clock& clock_;
  const Hooks hooks_;
};

}  // namespace atl::net
