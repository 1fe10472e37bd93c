#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/tls/handshake_failure.h"
#include "lib/net/tls/tls_stream.h"

namespace atl::net {

// Shakes hands on streams of one loop, at either end, and lends TLS streams what they need for the
// length of a call. Knows no loop and no socket, so that tests are both. Outlives the streams it
// handed out. One thread.
class TlsHandshakes {
 public:
  // A hello with every extension in use is below 4 KiB, and so is a short chain of certificates.
  static constexpr size_t kHandshakeBytes = 32 * 1024;

  virtual ~TlsHandshakes();
  TlsHandshakes(const TlsHandshakes&) = delete;
  TlsHandshakes& operator=(const TlsHandshakes&) = delete;

  void end_turn();
  // Gives up what took too long. Every second or so.
  void sweep(MonoTime now);
  // Gives up every handshake under way.
  void abort_all();

  const TlsStatistics& statistics() const { return statistics_; }

 protected:
  TlsHandshakes();

  // Shakes hands on `stream`, until `deadline`.
  TlsStream& begin(std::unique_ptr<TlsStream> stream, MonoTime deadline);

 private:
  friend class TlsStream;

  // Hands are shaken; not inside begin() if that sends first.
  virtual void on_ready(std::unique_ptr<TlsStream> stream) = 0;
  // They are not; `stream` is of no use any more. `detail`: static text.
  virtual void on_failed(TlsStream& stream, HandshakeFailure failure, const char* detail) = 0;
  // Call end_turn() when this turn ends.
  virtual void wake() = 0;

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
  void failed(TlsStream& stream, HandshakeFailure failure, const char* detail);
  void defer(TlsStream& stream);
  void forget(const TlsStream& stream);
  Output& output_for(TlsStream& stream);
  std::unique_ptr<TlsStream> take(TlsStream& stream);

  TlsStatistics statistics_;
  std::unique_ptr<char[]> plain_ = std::make_unique_for_overwrite<char[]>(kPlain);
  std::unique_ptr<char[]> record_ = std::make_unique_for_overwrite<char[]>(TlsStream::kRecord);
  Output output_;
  std::vector<Pending> pending_;
  std::vector<TlsStream*> deferred_;
  std::vector<std::unique_ptr<TlsStream>> dead_;  // freed at the end of the turn
};

}  // namespace atl::net
