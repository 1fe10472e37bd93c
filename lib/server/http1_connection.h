#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/http/body_decoder.h"
#include "lib/http/request_parser.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/server/application.h"
#include "lib/server/connection_context.h"
#include "lib/server/deadline_wheel.h"
#include "lib/server/exchange.h"

namespace atl::server {

// One HTTP/1.1 (or 1.0) connection: requests one after the other, answers in order, several answers
// in one write when several requests came in one read. Loop thread; disposed of by its context.
class Http1Connection final : public net::Disposable,
                              public DeadlineWheel::Entry,
                              private net::Stream::Reader,
                              private Responder {
 public:
  Http1Connection(ConnectionContext& context, std::unique_ptr<net::Stream> stream);
  ~Http1Connection() override;

  void start();  // begins to read

  // Ends after the exchange in progress; at once when there is none.
  void drain();
  void abort(Abort why);  // at once

  // For the context.
  void on_turn_end();
  void on_next_turn();
  size_t index = 0;  // in the server's list

 private:
  enum class State : uint8_t {
    Idle,       // between requests, nothing received
    Head,       // part of a head received
    Exchange,   // a request was handed over and is not answered completely
    Discard,    // answered; the rest of its body is read and dropped
    Closing,    // answered; closes when everything has left
    Lingering,  // refused; input is dropped so that the client gets to read the answer
    Closed,
  };

  // What exists only while a request is being answered.
  struct Active {
    std::unique_ptr<Handler> handler;
    uint64_t body_at_end = 0;  // of the request body, received when the answer was complete
    uint64_t body_unsent = 0;  // of the announced response length
    bool body_wanted = false;
    bool body_done = false;
    bool continue_sent = false;
    bool begun = false;  // the final response head is out
    bool ended = false;
    bool chunked = false;
    bool length_known = false;
    bool until_close = false;
    bool waits_writable = false;
    bool in_application = false;  // on_request() is on the stack
  };

  // net::Stream::Reader
  void on_read(net::Bytes bytes) override;
  void on_end() override;
  void on_error(Error error) override;
  void on_drained() override;
  // DeadlineWheel::Entry
  void on_deadline() override;
  // Responder
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

  // Input.
  void run(net::Bytes fresh);
  size_t consume(std::string_view input);
  bool take_head(std::string_view& input);
  bool take_body(std::string_view& input);
  void begin_exchange();
  bool take_content(std::string_view content);
  void input_broke(const http::Refusal& refusal);
  void refuse(const http::Refusal& refusal);
  void update_reading();

  // Output.
  OutputBatch& out();
  void write_head(std::span<const std::string_view> head, const Framing& framing);
  void write_framing(const Framing& framing);
  void end_exchange();
  void complete_exchange();
  bool body_must_close() const;
  void flush();
  void close_when_sent();
  void close();

  void set_deadline(MonoTime deadline);
  void update_deadline();

  ConnectionContext& context_;
  std::unique_ptr<net::Stream> stream_;
  http::RequestParser parser_;
  http::BodyDecoder body_;
  std::string input_;  // received and not yet consumed
  std::unique_ptr<OutputBatch> batch_;
  Active active_;
  State state_ = State::Idle;
  bool keep_alive_ = true;  // another request may follow the present one
  bool in_run_ = false;
  bool reading_ = false;
  bool turn_end_asked_ = false;
  bool next_turn_asked_ = false;
  size_t queued_at_check_ = 0;
  size_t discarded_ = 0;
  uint32_t requests_ = 0;
};

}  // namespace atl::server
