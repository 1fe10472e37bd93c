#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/stream.h"
#include "lib/net/tls/handshake_failure.h"
#include "lib/net/tls/tls_context.h"
#include "lib/net/tls/tls_stream.h"

namespace atl::net {

// Shakes hands with the clients of one loop, and lends TLS streams what they need for the length of
// a call. Knows no loop and no socket, as server::ConnectionSet, so that tests are both. Outlives
// the streams it handed out. One thread.
class TlsAcceptor {
 public:
  // A hello with every extension in use is below 4 KiB; client certificates are not asked for.
  static constexpr size_t kHandshakeBytes = 32 * 1024;

  struct Hooks {
    std::function<void(std::unique_ptr<Stream>)> on_ready;  // hands are shaken
    std::function<void()> on_failed;                        // one less under way
    std::function<void()> wake;                             // call end_turn() when this turn ends
  };

  // `clock` outlives it.
  TlsAcceptor(std::shared_ptr<const TlsContext> context, std::chrono::milliseconds handshake_time,
              const Clock& clock, Hooks hooks);
  ~TlsAcceptor();
  TlsAcceptor(const TlsAcceptor&) = delete;
  TlsAcceptor& operator=(const TlsAcceptor&) = delete;

  // For connections that come from now on.
  void set_context(std::shared_ptr<const TlsContext> context) { context_ = std::move(context); }

  void accept(std::unique_ptr<Stream> transport);
  void end_turn();
  // Gives up what took too long. Every second or so.
  void sweep(MonoTime now);
  // Gives up every handshake under way.
  void abort_all();

  const TlsStatistics& statistics() const { return statistics_; }

 private:
  friend class TlsStream;

  struct Pending {
    std::unique_ptr<TlsStream> stream;
    MonoTime deadline;
  };
  // Ciphertext of one stream that will leave before the present call returns to the loop.
  struct Output {
    // A batch: that many records leave in one write.
    static constexpr size_t kRecords = 4;
    static constexpr size_t kSize = (kRecords + 1) * (TlsStream::kRecord + 512);
    std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(kSize);
    size_t used = 0;
    TlsStream* owner = nullptr;
  };
  // What one read of the transport decrypts to.
  static constexpr size_t kPlain = 80 * 1024;

  // ---- For streams ----
  void established(TlsStream& stream);
  void failed(TlsStream& stream, HandshakeFailure failure);
  void defer(TlsStream& stream);
  void forget(const TlsStream& stream);
  Output& output_for(TlsStream& stream);
  std::unique_ptr<TlsStream> take(TlsStream& stream);

  std::shared_ptr<const TlsContext> context_;
  const std::chrono::milliseconds handshake_time_;
  const Clock& clock_;
  const Hooks hooks_;
  TlsStatistics statistics_;

  std::unique_ptr<char[]> plain_ = std::make_unique_for_overwrite<char[]>(kPlain);
  std::unique_ptr<char[]> record_ = std::make_unique_for_overwrite<char[]>(TlsStream::kRecord);
  Output output_;
  std::vector<Pending> pending_;
  std::vector<TlsStream*> deferred_;
  std::vector<std::unique_ptr<TlsStream>> dead_;  // freed at the end of the turn
};

}  // namespace atl::net
