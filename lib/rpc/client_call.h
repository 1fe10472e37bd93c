#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/rpc/client_streams.h"
#include "lib/rpc/exchange_client.h"

namespace atl::rpc::client {

class Call;
class Endpoint;

// What the calls and endpoints of one client share. Loop thread.
struct Shared {
  explicit Shared(net::Loop& on) : loop(on) {}

  net::Loop& loop;
  std::shared_ptr<Inbox> inbox;
  std::shared_ptr<const ClientSecurity> security;  // of connections made from now on; null: plain
  std::unordered_map<uint64_t, Call*> calls;  // not yet over; by id, which is its stream's id too
  std::unordered_map<uint64_t, Endpoint*> muxes;  // by stream id
  uint64_t next_id = 1;

  Call* find(uint64_t id) const {
    const auto it = calls.find(id);
    return it == calls.end() ? nullptr : it->second;
  }
};

// One exchange: a step machine that the observer's owner, the endpoint and the inbox drive.
class Call final : public ExchangeCall {
 public:
  // Begins; the observer hears nothing before a later turn. `problem`: why the head cannot be sent
  // at all, null if it can.
  Call(std::shared_ptr<Shared> shared, Endpoint& endpoint, ExchangeObserver& observer,
       v1::RequestHead head, const char* problem);
  ~Call() override;

  void pause() override { paused_ = true; }
  void resume() override;
  bool send_body(std::string_view bytes) override;
  void end_body(std::string_view trailers) override;

  uint64_t id() const { return id_; }
  Endpoint& endpoint() const { return endpoint_; }
  bool wants_stream() const { return wants_stream_; }
  bool multiplexed() const { return step_ == Step::Multiplexed; }
  bool waiting() const { return step_ == Step::Waiting; }

  // The endpoint is up: the request goes out.
  void put_into(v1::MultiplexRequest::Open& open);  // gives the head and body away
  size_t wire_size() const { return head_.ByteSizeLong() + request_body_.size(); }
  size_t request_body_size() const { return request_body_.size(); }
  void start_stream(std::shared_ptr<Http2Link> link);

  // From the inbox. May destroy the call.
  void on_answer(v1::MultiplexResponse::Answer& answer);
  void on_message(v1::ExchangeResponse* message);
  void on_written(bool ok);
  void on_closed(const std::string& detail);

  // Both may destroy the call, in this turn or a later one.
  void fail(ExchangeFailure failure);
  void fail_later(ExchangeFailure failure);
  void orphan();  // the client dies; nothing is heard any more

 private:
  enum class Step : uint8_t {
    Collecting,   // small request body, not complete yet
    Waiting,      // complete or streaming, not sent
    Multiplexed,  // sent on Multiplex
    Streaming,    // on a stream of its own
    Over,
  };

  // Each returns false when the exchange is over or the call is gone.
  bool deliver(v1::ResponsePart& part);
  bool deliver_head(const v1::ResponseHead& head);
  bool take_body(std::string chunk);
  bool take_end(std::string trailers);
  bool pump();
  bool breach(const char* what);

  template <class Function>
  bool call_observer(Function&& function);
  void pump_later();
  void read_more();
  void write_some();
  void leave();  // Step::Over: out of every table

  const std::shared_ptr<Shared> shared_;
  Endpoint& endpoint_;
  ExchangeObserver& observer_;
  const uint64_t id_;
  Step step_ = Step::Collecting;
  bool wants_stream_ = false;
  bool* gone_ = nullptr;  // set while the observer is being called; told by the destructor

  // Request.
  v1::RequestHead head_;
  std::optional<uint64_t> body_length_;
  uint64_t body_sent_ = 0;                       // given by send_body()
  std::string request_body_;                     // not yet written
  std::optional<std::string> request_trailers_;  // end_body() was called
  bool request_done_ = false;                    // the last message was handed to the stream
  bool writing_ = false;
  bool writable_owed_ = false;

  // Response.
  std::unique_ptr<ExchangeStream> stream_;
  bool ticket_unanswered_ = false;
  bool reading_ = false;
  bool read_out_ = false;  // the stream has nothing more to read
  bool paused_ = false;
  bool pump_posted_ = false;
  bool head_seen_ = false;
  std::optional<uint64_t> expected_;  // of the body, from the head
  uint64_t received_ = 0;
  std::deque<std::string> body_;  // waits for resume()
  std::optional<std::string> trailers_;
  std::optional<ExchangeFailure> failure_;
};

}  // namespace atl::rpc::client
