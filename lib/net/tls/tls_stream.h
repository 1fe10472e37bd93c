#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/stream.h"
#include "lib/net/tls/handshake_failure.h"
#include "lib/net/tls/tls_sessions.h"

namespace atl::net {

class TlsHandshakes;

// One end of a TLS connection over another stream (RFC 8446, RFC 5246); which, its sessions decide.
// TlsHandshakes holds it while hands are shaken, then it is a Stream like any other:
//   - what try_write() is given leaves in records of up to 16 KiB, gathered into as few writes as
//     there are batches of records; a head and a body that fit one record share one;
//   - what it takes is encrypted at once, so the caller's bytes are free; what the transport did
//   not
//     take is queued as ciphertext, one batch at most. Everything else waits as plain bytes under
//     their holder;
//   - shutdown() sends close_notify before FIN. A client that closes without one is treated as one
//     that did: the framing of HTTP requests shows by itself what was cut off.
// Between requests it holds no buffer, and OpenSSL none either. Loop thread.
class TlsStream final : public Stream, private Stream::Reader {
 public:
  // Plain bytes of one record (RFC 8446 section 5.1).
  static constexpr size_t kRecord = 16 * 1024;

  // For `handshakes`, which outlives it.
  TlsStream(TlsHandshakes& handshakes, std::unique_ptr<Stream> transport,
            std::shared_ptr<const TlsSessions> sessions);
  ~TlsStream() override;

  void set_reader(Stream::Reader* reader) override { reader_ = reader; }
  void start_reading() override;
  void stop_reading() override;
  Result<size_t> try_write(std::span<const Bytes> pieces) override;
  void write(std::span<const Bytes> pieces, Holder holder) override;
  size_t queued() const override;
  void shutdown() override;
  void reset() override;
  std::string_view peer_address() const override { return transport_->peer_address(); }
  bool secure() const override { return true; }

  // The certificate that the other end showed, PEM; empty: none.
  std::string other_certificate() const;
  ssl_st* ssl() const { return ssl_.get(); }

  // ---- For TlsHandshakes ----
  void begin();  // reads a client's first bytes, or sends ours at the end of the turn
  void on_deferred();
  bool resumed() const;
  void send_left_over();  // of `output`, before another stream uses it
  void say_goodbye();     // FIN after a failed handshake
  size_t slot() const { return slot_; }
  void set_slot(size_t slot) { slot_ = slot; }

  // ---- For the BIO ----
  size_t take_input(char* out, size_t size);
  void put_output(Bytes bytes);

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  struct Queued {
    std::vector<Bytes> pieces;
    Holder holder;
  };
  struct Queue {
    std::deque<Queued> writes;
    size_t bytes = 0;
  };
  class Source;
  enum class Next : uint8_t { More, Wait };

  // Stream::Reader of the transport
  void on_read(Bytes bytes) override;
  void on_end() override;
  void on_error(Error error) override;
  void on_drained() override;

  void process();
  void shake_hands();
  Next read_records(const bool& gone);
  Next after_read_failure();
  void keep_rest_of_input(bool from_held);
  void update_reading();
  void report();

  size_t encrypt_batch(Source& source);
  bool encrypt(Bytes record, bool last);
  void encrypt_queued_batch();
  void drop_sent(size_t size);
  void send(std::span<const Bytes> pieces);
  void flush_output();
  void send_close();
  void fail_handshake(HandshakeFailure failure, const char* detail);
  void break_off(Error error);

  TlsHandshakes& handshakes_;
  std::shared_ptr<const TlsSessions> sessions_;  // outlive `ssl_`
  std::unique_ptr<Stream> transport_;
  std::unique_ptr<ssl_st, Free> ssl_;
  Stream::Reader* reader_ = nullptr;
  bool* gone_ = nullptr;  // set when destroyed inside a callback of ours

  Bytes input_;       // ciphertext at hand
  std::string held_;  // received while the reader wanted nothing
  std::unique_ptr<Queue> queue_;
  Error error_;
  uint32_t handshake_bytes_ = 0;
  uint32_t slot_ = 0;

  bool established_ = false;
  bool failed_ = false;       // the handshake
  bool running_ = false;      // process() is on the stack
  bool reading_ = false;      // the reader wants input
  bool receiving_ = false;    // the transport was told so
  bool owes_read_ = false;    // input is at hand that the reader did not want
  bool deferred_ = false;     // on_deferred() will come
  bool ended_ = false;        // the client sent close_notify or FIN
  bool broken_ = false;       // nothing more can be sent
  bool reported_ = false;     // and the reader knows
  bool last_record_ = false;  // of a batch: it need not wait in the output buffer
  bool queue_only_ = false;   // what is sent must report back through on_drained()
  bool fin_wanted_ = false;
  bool fin_sent_ = false;
};

}  // namespace atl::net
