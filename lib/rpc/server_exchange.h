#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/rpc/deadline_queue.h"
#include "lib/rpc/exchange_handler.h"
#include "lib/rpc/exchange_server.h"
#include "lib/rpc/ticket_office.h"
#include "proto/origin.pb.h"

namespace atl::rpc {

class Guests;

// What the streams and exchanges of one server share. Outlives the server for as long as a source
// holds on to a responder.
struct ServerCore {
  ServerCore(ServerOptions with, ExchangeService& serve)
      : options(std::move(with)), service(serve), tickets(options.tickets) {}

  const ServerOptions options;
  std::string instance;  // differs at every start; set before serving
  ExchangeService& service;
  std::shared_ptr<Guests> guests;  // null without mutual TLS; set before serving
  TicketOffice tickets;
  DeadlineQueue deadlines;
  std::atomic<uint32_t> exchanges{0};
  std::atomic<bool> stopping{false};
};

// The stream below an exchange. Any thread; called without the exchange's lock.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual void ready(
      const std::shared_ptr<ServerExchange>& exchange) = 0;  // there may be something
  virtual void want_body() = 0;  // of the request; it goes to request_body() or request_end()
};

// One exchange between a source, which answers when it likes, and a stream, which takes when it
// can. Any thread. It begins on Multiplex, where a small answer is collected and taken whole; a
// larger or slower one moves behind a ticket, with its source held, until an Exchange stream takes
// over. Or it begins on an Exchange stream.
class ServerExchange final : public ExchangeResponder,
                             public DeadlineQueue::Waiter,
                             public std::enable_shared_from_this<ServerExchange> {
 public:
  enum class Begin : uint8_t { Collecting, Streaming };

  // Null when the process has no room for another one.
  static std::shared_ptr<ServerExchange> create(std::shared_ptr<ServerCore> core,
                                                std::shared_ptr<Carrier> carrier, uint64_t id,
                                                Begin begin);
  ServerExchange(std::shared_ptr<ServerCore> core, std::shared_ptr<Carrier> carrier, uint64_t id,
                 Begin begin);
  ~ServerExchange() override;

  // Asks the service. On Multiplex the whole request body comes with it.
  void begin(std::shared_ptr<const OriginRequest> request, std::string body);

  // For the carrier.
  uint64_t id() const { return id_; }
  struct Taken {
    bool any = false;   // something was put in
    bool last = false;  // the carrier hears no more of this exchange
  };
  Taken take(v1::MultiplexResponse::Answer& answer);
  Taken take(v1::ResponsePart& part);
  void request_body(std::string piece);
  void request_end(std::string trailers);
  void request_cut();  // the request ended without its end
  void cancel();
  // The Multiplex stream is gone; what waits behind a ticket stays.
  void carrier_gone();
  // `carrier` came with the ticket. False: too late.
  bool attach(std::shared_ptr<Carrier> carrier);

  // ExchangeResponder
  void inform(uint16_t status, std::string_view fields) override;
  bool head(OriginResponse response) override;
  bool write(std::string piece) override;
  void end(std::string trailers) override;
  void fail(ExchangeFailure failure) override;
  void read_body() override;
  void request_sent() override;

  void on_deadline() override;

 private:
  enum class Step : uint8_t { Collecting, Parked, Streaming, Over };
  struct Informational {
    uint16_t status;
    std::string fields;
  };
  using Lock = std::unique_lock<std::mutex>;

  bool complete() const { return ended_.has_value() || failure_.has_value(); }
  void park();                                          // lock held
  void stop_handler(Lock& lock);                        // unlocks; the source is told to stop
  void break_off(Lock& lock, ExchangeFailure failure);  // likewise, and the carrier is told
  void tell_carrier(Lock& lock);                        // unlocks
  void rearm();                                         // lock held
  std::optional<MonoTime> next_deadline() const;
  void pass_request(Lock& lock);  // unlocks; gives the handler what it asked for
  void put_head(v1::ResponsePart& part);
  void put_informational(v1::ResponsePart& part);

  const std::shared_ptr<ServerCore> core_;
  const uint64_t id_;

  std::mutex mutex_;
  std::shared_ptr<Carrier> carrier_;
  std::shared_ptr<ExchangeHandler> handler_;
  bool begun_ = false;  // service.open() returned
  bool cancelled_ = false;
  Step step_;
  bool request_sent_ = false;

  // Response.
  std::vector<Informational> informational_;
  std::optional<OriginResponse> head_;
  bool head_seen_ = false;
  std::deque<std::string> body_;
  size_t queued_ = 0;
  bool blocked_ = false;              // the source was told to wait
  std::optional<std::string> ended_;  // trailers
  std::optional<ExchangeFailure> failure_;
  std::string ticket_;
  bool hand_over_ = false;  // the answer with the ticket has not been taken yet

  // Request body.
  std::optional<uint64_t> request_length_;
  uint64_t request_received_ = 0;
  std::deque<std::string> request_body_;
  std::optional<std::string> request_ended_;
  bool body_wanted_ = false;

  std::chrono::milliseconds head_timeout_{0};
  std::optional<MonoTime> head_until_, total_until_, collect_until_, ticket_until_;
  MonoTime armed_for_{};
  DeadlineQueue::Ticket armed_ = 0;
};

}  // namespace atl::rpc
