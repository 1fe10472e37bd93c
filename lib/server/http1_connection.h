#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/http/body_decoder.h"
#include "lib/http/refusal.h"
#include "lib/http/request_parser.h"
#include "lib/net/stream.h"
#include "lib/server/application.h"
#include "lib/server/connection_set.h"
#include "lib/server/output_batch.h"
#include "lib/server/response_writer.h"

namespace atl::server {

// One HTTP/1.1 (or 1.0) connection: one exchange at a time, answers in the order of the requests;
// what several pipelined requests of one read are answered leaves in one write. Between requests it
// holds no buffer. Owned by its ConnectionSet; loop thread.
class Http1Connection final : public Responder, net::Stream::Reader {
 public:
  // How long after our last byte the client may go on sending, so that it reads the answer before a
  // reset could destroy it.
  static constexpr std::chrono::milliseconds kLingerTime{2'000};

  Http1Connection(ConnectionSet& set, std::unique_ptr<net::Stream> stream, size_t slot);
  ~Http1Connection() override;

  // ---- For ConnectionSet ----
  void start();
  void on_turn_end();
  void on_deadline(MonoTime now);
  void on_drain();
  void cut_off();  // the server stops
  size_t slot() const { return slot_; }
  void set_slot(size_t slot) { slot_ = slot; }

  // ---- Responder ----
  void inform(std::string_view lines) override;
  void respond(std::span<const std::string_view> head, std::span<const std::string_view> body,
               Framing framing, Holder holder) override;
  void begin(std::span<const std::string_view> head, Framing framing) override;
  bool write(std::string_view piece, Holder holder) override;
  void finish(std::string_view trailers) override;
  void fail() override;
  void read_body() override;
  void pause_body() override;
  std::string_view client_address() const override { return stream_->peer_address(); }

 private:
  enum class Step : uint8_t {
    Head,      // between requests, or part of a head was received
    Exchange,  // the application has a request
    Discard,   // it is answered; the rest of its body is read and dropped
    Linger,    // nothing more is answered; what is queued leaves, then FIN, then input is dropped
    Dead,
  };
  enum class Next : uint8_t { More, Wait };

  // Facts that exist only during an exchange.
  struct Exchange {
    std::unique_ptr<Handler> handler;
    bool answered = false;       // the response is complete
    bool close_after = false;    // and is the last one
    bool wants_body = false;     //
    bool told_body_end = false;  //
    bool owes_continue = false;  // the client waits for a 100
    bool owes_writable = false;  // write() said false
  };

  // net::Stream::Reader
  void on_read(net::Bytes bytes) override;
  void on_end() override;
  void on_error(Error error) override;
  void on_drained() override;

  void run();
  Next step();
  Next read_head();
  void start_exchange();
  Next run_exchange();
  Next read_exchange_body();
  void finish_exchange();
  Next discard_body();
  Next linger();

  void refuse(const http::Refusal& refusal, bool counts_for_application);
  void write_refusal(const http::Refusal& refusal);
  void body_failed(const http::Refusal& refusal, Abort why);
  void end_exchange(Abort why);
  void break_off(Abort why);
  void begin_close();
  void die(bool with_reset);

  bool in_exchange(const char* call);
  bool keeps_alive() const;
  bool can_drain_body() const;
  bool last_of_client() const;
  bool has_room() const;
  bool idle() const;
  void wake();

  void settle();
  void flush();
  void keep_rest_of_input();
  void release_spares();
  void update_reading();
  void update_deadline();
  OutputBatch& batch();
  // Bytes that were given to the kernel since the connection began.
  uint64_t taken() const { return written_ - stream_->queued(); }

  ConnectionSet& set_;
  std::unique_ptr<net::Stream> stream_;
  size_t slot_;
  Step step_ = Step::Head;

  std::unique_ptr<http::RequestParser> parser_;  // from the first byte of a head to its answer
  http::BodyDecoder body_;
  Exchange exchange_;
  ResponseWriter writer_;
  std::unique_ptr<OutputBatch> batch_;  // while something waits to be flushed

  std::string_view input_;  // what is left of the present read, or of `pending_`
  std::string pending_;     // received, but its turn has not come; reading is stopped meanwhile

  uint64_t requests_ = 0;
  uint64_t written_ = 0;    // handed to the stream
  uint64_t discarded_ = 0;  // of the present body, or while lingering
  MonoTime head_began_{};
  MonoTime closed_{};          // when lingering began
  MonoTime write_deadline_{};  // while bytes are queued
  uint64_t taken_then_ = 0;    // taken() when `write_deadline_` was set
  bool timing_head_ = false;
  bool timing_write_ = false;
  bool running_ = false;     // run() is on the stack
  bool live_input_ = false;  // `input_` points into the loop's buffer
  bool woken_ = false;       // on_turn_end() will come
  bool reading_ = false;
  bool ended_ = false;  // the client sent FIN
  bool fin_sent_ = false;
  bool alone_ = false;  // the client has nothing more to say: closed as soon as the answer has left
  bool buried_ = false;
};

}  // namespace atl::server
