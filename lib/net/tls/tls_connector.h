#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/net/tls/tls_client_context.h"
#include "lib/net/tls/tls_handshakes.h"

namespace atl::net {

// Shakes hands as a client, for everything on one loop that connects: the buffers are the same for
// all. Whoever holds a stream of it holds it, too, and lets the stream go first. Loop thread.
class TlsConnector final : public TlsHandshakes, public std::enable_shared_from_this<TlsConnector> {
 public:
  struct Secured {
    std::unique_ptr<Stream> stream;
    std::string certificate;  // the other end's, PEM; signed by the authority and valid
  };
  // The error is static text.
  using OnDone = std::move_only_function<void(std::expected<Secured, const char*>)>;

  static std::shared_ptr<TlsConnector> make(Loop& loop, std::chrono::milliseconds handshake_time);
  ~TlsConnector() override;

  // Calls `on_done` once, in a later turn, unless the connector dies.
  void connect(std::unique_ptr<Stream> transport, std::shared_ptr<const TlsClientContext> context,
               OnDone on_done);

 private:
  struct Waiting {
    std::shared_ptr<const TlsClientContext> context;
    OnDone on_done;
  };
  TlsConnector(Loop& loop, std::chrono::milliseconds handshake_time);

  void on_ready(std::unique_ptr<TlsStream> stream) override;
  void on_failed(TlsStream& stream, HandshakeFailure failure, const char* detail) override;
  void wake() override;
  Waiting take_waiting(const TlsStream& stream);

  Loop& loop_;
  const std::chrono::milliseconds handshake_time_;
  std::unordered_map<const TlsStream*, Waiting> waiting_;
  Timer sweeper_;
  bool woken_ = false;
};

}  // namespace atl::net
